package selat.interop;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.helger.json.IJson;
import com.helger.json.IJsonObject;
import com.helger.json.JsonObject;
import com.helger.json.serialize.JsonReader;
import com.helger.phase4.CAS4Version;

/**
 * `CONFIGURATION.json …`: starts a receiver for each configuration, tells its port, then carries out commands, one JSON
 * object a line on the standard input, until that ends. Events go to the standard output, words of libraries to the error
 * output. `bench …`: see {@link Bench}.
 */
public final class Main
{
  private Main ()
  {}

  /** @param arguments configuration files of access points, which speak one profile each */
  public static void main (final String [] arguments) throws Exception
  {
    Events.takeStandardOutput ();
    if (arguments.length > 0 && arguments[0].equals ("bench"))
    {
      Bench.run (List.of (arguments).subList (1, arguments.length));
      System.exit (0);
    }
    final Map <String, Sender> senders = new HashMap <> ();
    final Map <String, Puller> pullers = new HashMap <> ();
    final List <Receiver> receivers = new ArrayList <> ();
    for (final String file : arguments)
    {
      final Configuration configuration = Configuration.read (Path.of (file));
      final var receiver = new Receiver (configuration, false);
      final int port = receiver.start ();
      receivers.add (receiver);
      final var sender = new Sender (configuration);
      senders.put (configuration.name (), sender);
      pullers.put (configuration.name (), new Puller (configuration, sender.httpSettings ()));
      Events.tell (new JsonObject ().add ("event", "listening")
                                    .add ("name", configuration.name ())
                                    .add ("port", port)
                                    .add ("version", CAS4Version.BUILD_VERSION)
                                    .add ("java", System.getProperty ("java.version")));
    }
    final var in = new BufferedReader (new InputStreamReader (System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine (); line != null; line = in.readLine ())
    {
      final IJson read = JsonReader.readFromString (line);
      if (read == null || !read.isObject ())
        throw new IllegalArgumentException ("not a command: " + line);
      final IJsonObject command = read.getAsObject ();
      final String as = command.getAsString ("as");
      Events.tell (switch (command.getAsString ("command"))
      {
        case "send" -> senders.get (as).send (command);
        case "pull" -> pullers.get (as).pull (command);
        default -> throw new IllegalArgumentException ("an unknown command: " + line);
      });
    }
    for (final Receiver receiver : receivers)
      receiver.stop ();
    // Libraries leave threads behind.
    System.exit (0);
  }
}
