package selat.interop;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

import com.helger.json.IJsonObject;
import com.helger.json.JsonArray;
import com.helger.json.JsonObject;
import com.helger.phase4.ebms3header.Ebms3Error;

/** What is told to the tests: one JSON object a line on the standard output, which nothing else writes to. */
final class Events
{
  private static final PrintStream OUT = new PrintStream (System.out, true, StandardCharsets.UTF_8);

  private Events ()
  {}

  /** Keeps the standard output for events: what libraries print goes to the error output. */
  static void takeStandardOutput ()
  {
    System.setOut (System.err);
  }

  static void tell (final IJsonObject event)
  {
    synchronized (OUT)
    {
      OUT.println (event.getAsJsonString ());
    }
  }

  static JsonArray errors (final Collection <Ebms3Error> errors)
  {
    final var told = new JsonArray ();
    for (final Ebms3Error error : errors)
      told.add (new JsonObject ().add ("code", error.getErrorCode ())
                                 .add ("severity", error.getSeverity ())
                                 .add ("shortDescription", text (error.getShortDescription ()))
                                 .add ("description", text (error.getDescriptionValue ()))
                                 .add ("detail", text (error.getErrorDetail ()))
                                 .add ("refToMessageInError", text (error.getRefToMessageInError ())));
    return told;
  }

  /** JSON has no place here for what is absent. */
  static String text (final String value)
  {
    return value == null ? "" : value;
  }

  static String text (final Throwable thrown)
  {
    final var words = new StringBuilder ();
    for (Throwable each = thrown; each != null && words.length () < 2_000; each = each.getCause ())
      words.append (words.isEmpty () ? "" : "; because ").append (each);
    return words.toString ();
  }
}
