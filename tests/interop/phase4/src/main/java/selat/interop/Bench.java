package selat.interop;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

import com.helger.json.IJsonObject;
import com.helger.json.JsonArray;
import com.helger.json.JsonObject;
import com.helger.phase4.CAS4Version;
import com.helger.phase4.messaging.http.IHttpPoster;
import com.helger.phase4.sender.EAS4UserMessageSendResult;
import com.helger.phase4.sender.IAS4SignalMessageValidationResultHandler;
import com.sun.management.OperatingSystemMXBean;

/**
 * How many messages phase4 exchanges with itself, every receipt validated: its sender and its receiver in Jetty in this
 * process, over mutual TLS on 127.0.0.1. Nothing that it keeps (agreements, message ids against duplicates) outlives the
 * process, and nothing is forced onto a disk; received payloads lie in temporary files while they are read.
 */
final class Bench
{
  private final Sender sender;
  private final IHttpPoster poster;
  private final IJsonObject command;
  /** Messages that phase4 answered with an error: see the README of the folder above, defect 10. */
  private final AtomicLong refused = new AtomicLong ();

  private Bench (final Sender sender, final IHttpPoster poster, final IJsonObject command)
  {
    this.sender = sender;
    this.poster = poster;
    this.command = command;
  }

  /**
   * Measures and tells one JSON object.
   *
   * @param arguments
   *        configuration of the sender, of the receiver, payload file, its media type, messages in flight, seconds to
   *        measure, seconds to warm up; then `new` for a connection for each message, as phase4 does by itself, or
   *        `kept` for connections that stay open
   */
  static void run (final List <String> arguments) throws Exception
  {
    if (arguments.size () != 8)
      throw new IllegalArgumentException ("bench SENDER.json RECEIVER.json FILE TYPE IN-FLIGHT SECONDS WARM-UP new|kept");
    final Configuration from = Configuration.read (Path.of (arguments.get (0)));
    final Configuration to = Configuration.read (Path.of (arguments.get (1)));
    final int inFlight = Integer.parseInt (arguments.get (4));
    final boolean isKept = arguments.get (7).equals ("kept");
    final var receiver = new Receiver (to, true);
    final int port = receiver.start ();
    final var sender = new Sender (from);
    final var payload = new JsonObject ().add ("file", arguments.get (2))
                                         .add ("contentType", arguments.get (3))
                                         .add ("compress", true);
    final var command = new JsonObject ().add ("endpoint", "https://127.0.0.1:" + port + "/as4")
                                         .add ("recipient", to.decryption ().certificate ().toString ())
                                         .add ("conversationId", "bench")
                                         .add ("properties",
                                               new JsonObject ().add ("originalSender", from.partyId ())
                                                                .add ("finalRecipient", to.partyId ()))
                                         .add ("payloads", new JsonArray ().add (payload));
    final ExecutorService threads = Executors.newFixedThreadPool (inFlight);
    try (var kept = isKept ? new KeptConnections (sender.httpSettings (), inFlight) : null)
    {
      final var bench = new Bench (sender, kept, command);
      bench.load (threads, inFlight, Double.parseDouble (arguments.get (6)));
      final long cpuBefore = cpuNanoseconds ();
      final long begun = System.nanoTime ();
      final long [] nanoseconds = bench.load (threads, inFlight, Double.parseDouble (arguments.get (5)));
      final double seconds = (System.nanoTime () - begun) / 1e9;
      final double cpu = (cpuNanoseconds () - cpuBefore) / 1e9;
      Events.tell (new JsonObject ().add ("version", CAS4Version.BUILD_VERSION)
                                    .add ("java", System.getProperty ("java.version"))
                                    .add ("profile", from.profile ().profileName ())
                                    .add ("payloadBytes", Files.size (Path.of (arguments.get (2))))
                                    .add ("inFlight", inFlight)
                                    .add ("connections", isKept ? "kept" : "new")
                                    .add ("messages", nanoseconds.length)
                                    .add ("refused", bench.refused.get ())
                                    .add ("seconds", seconds)
                                    .add ("messagesPerSecond", nanoseconds.length / seconds)
                                    .add ("p50Milliseconds", percentile (nanoseconds, 0.5))
                                    .add ("p99Milliseconds", percentile (nanoseconds, 0.99))
                                    .add ("cpuSeconds", cpu)
                                    .add ("cpuMicrosecondsPerMessage", cpu * 1e6 / nanoseconds.length)
                                    .add ("peakBytes", peakBytes ()));
    }
    finally
    {
      threads.shutdownNow ();
      receiver.stop ();
    }
  }

  /** Sends for some seconds, several messages at a time. @return how long each took, sorted */
  private long [] load (final ExecutorService threads, final int inFlight, final double seconds) throws Exception
  {
    final long end = System.nanoTime () + (long) (seconds * 1e9);
    final Callable <List <Long>> work = () -> {
      final List <Long> taken = new ArrayList <> ();
      while (System.nanoTime () < end)
      {
        final long before = System.nanoTime ();
        if (exchange ())
          taken.add (Long.valueOf (System.nanoTime () - before));
        else
          refused.incrementAndGet ();
      }
      return taken;
    };
    final List <Future <List <Long>>> running = new ArrayList <> ();
    for (int each = 0; each < inFlight; each++)
      running.add (threads.submit (work));
    final List <Long> all = new ArrayList <> ();
    for (final var each : running)
      all.addAll (each.get ());
    final long [] nanoseconds = all.stream ().mapToLong (Long::longValue).toArray ();
    Arrays.sort (nanoseconds);
    return nanoseconds;
  }

  /**
   * One message: it must come back with a signed receipt that tells every digest as it was sent.
   *
   * @return false when the receiver answered with an error
   */
  private boolean exchange () throws Exception
  {
    final var judgement = new Judgement ();
    final boolean [] isSigned = { false };
    final var builder = sender.message (command);
    builder.messageID (UUID.randomUUID () + "@bench.example");
    builder.customHttpPoster (poster);
    builder.signalMsgValidationResultHdl (judgement);
    builder.signalMsgConsumer ( (signal, metadata, state) -> isSigned[0] = state.isSoapSignatureChecked ());
    final EAS4UserMessageSendResult result = builder.sendMessageAndCheckForReceipt ();
    if (result == EAS4UserMessageSendResult.AS4_ERROR_MESSAGE_RECEIVED)
      return false;
    if (result != EAS4UserMessageSendResult.SUCCESS || !judgement.isAsSent || !isSigned[0])
      throw new IllegalStateException ("no valid receipt: " + result);
    return true;
  }

  private static final class Judgement implements IAS4SignalMessageValidationResultHandler
  {
    private boolean isAsSent;

    @Override
    public void onSuccess ()
    {
      isAsSent = true;
    }

    @Override
    public void onError (final String error)
    {
      throw new IllegalStateException (error);
    }

    @Override
    public void onNotApplicable ()
    {}
  }

  private static double percentile (final long [] sorted, final double share)
  {
    return sorted.length == 0 ? 0 : sorted[(int) (sorted.length * share)] / 1e6;
  }

  private static long cpuNanoseconds ()
  {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean ()).getProcessCpuTime ();
  }

  /** The most memory that the process had so far, where the kernel tells it as Linux does; 0 elsewhere. */
  private static long peakBytes () throws IOException
  {
    final Path status = Path.of ("/proc/self/status");
    if (!Files.exists (status))
      return 0;
    return Files.readAllLines (status)
                .stream ()
                .filter (line -> line.startsWith ("VmHWM:"))
                .mapToLong (line -> Long.parseLong (line.replaceAll ("\\D", "")) * 1024)
                .findFirst ()
                .orElse (0);
  }
}
