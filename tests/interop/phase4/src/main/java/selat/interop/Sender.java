package selat.interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.HttpClientResponseHandler;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.Timeout;
import org.apache.wss4j.dom.message.WSSecSignature;

import com.helger.http.header.HttpHeaderMap;
import com.helger.httpclient.HttpClientSettings;
import com.helger.json.IJson;
import com.helger.json.IJsonObject;
import com.helger.json.JsonArray;
import com.helger.json.JsonObject;
import com.helger.mime.parse.MimeTypeParser;
import com.helger.phase4.CAS4;
import com.helger.phase4.attachment.AS4OutgoingAttachment;
import com.helger.phase4.crypto.ECryptoAlgorithmCrypt;
import com.helger.phase4.crypto.ECryptoKeyIdentifierType;
import com.helger.phase4.crypto.IAS4CryptoFactory;
import com.helger.phase4.crypto.IWSSecSignatureCustomizer;
import com.helger.phase4.messaging.http.BasicHttpPoster;
import com.helger.phase4.messaging.http.HttpRetrySettings;
import com.helger.phase4.model.MessageProperty;
import com.helger.phase4.sender.AS4Sender;
import com.helger.phase4.sender.EAS4UserMessageSendResult;
import com.helger.phase4.sender.IAS4SignalMessageValidationResultHandler;

/** phase4's sender: one message a command, and what phase4 makes of the answer. */
final class Sender
{
  private static final String PARTY_TYPE = "urn:oasis:names:tc:ebcore:partyid-type:unregistered";

  private final Configuration configuration;
  private final HttpClientSettings http;
  private final IAS4CryptoFactory signing;
  private final IAS4CryptoFactory decryption;
  private final Map <Path, X509Certificate> certificates = new ConcurrentHashMap <> ();

  Sender (final Configuration configuration) throws IOException, GeneralSecurityException
  {
    this.configuration = configuration;
    http = new HttpClientSettings ();
    http.setSSLContext (Keys.tls (configuration.tls (), configuration.authorities ()));
    http.setConnectTimeout (Timeout.ofSeconds (5));
    http.setResponseTimeout (Timeout.ofSeconds (60));
    signing = Keys.cryptoFactory (configuration.signing (), configuration.authorities ());
    decryption = Keys.cryptoFactory (configuration.decryption (), configuration.authorities ());
  }

  HttpClientSettings httpSettings ()
  {
    return http;
  }

  /** What a command says of a message; what it leaves out is what the configuration has. */
  private String value (final IJsonObject command, final String name, final String otherwise)
  {
    final String given = command.getAsString (name);
    return given == null ? otherwise : given;
  }

  /** A message as a command describes it, ready to be sent. */
  AS4Sender.BuilderUserMessage message (final IJsonObject command) throws IOException, GeneralSecurityException
  {
    final Profile profile = configuration.profile ();
    final String service = value (command, "service", configuration.service ());
    final String action = value (command, "action", configuration.action ());
    final String from = value (command, "fromPartyId", configuration.partyId ());
    final String to = value (command, "toPartyId", configuration.partnerPartyId ());
    final var builder = AS4Sender.builderUserMessage ();
    builder.as4ProfileID (profile.profileName ());
    builder.pmodeResolver (Receiver.agreements (configuration));
    builder.incomingProfileSelector (new NoValidator ());
    builder.pmode (profile.processingMode (from, to, service, action));
    builder.cryptoFactorySign (signing);
    builder.cryptoFactoryCrypt (decryption);
    profile.signWith (builder.signingParams ());
    builder.cryptParams ().setAlgorithmCrypt (ECryptoAlgorithmCrypt.AES_128_GCM);
    profile.encryptWith (builder.cryptParams ());
    final String signingReference = command.getAsString ("signingReference");
    if (signingReference != null)
      builder.signingParams ().setKeyIdentifierType (ECryptoKeyIdentifierType.getFromIDOrThrow (signingReference));
    final String encryptionReference = command.getAsString ("encryptionReference");
    if (encryptionReference != null)
      builder.cryptParams ().setKeyIdentifierType (ECryptoKeyIdentifierType.getFromIDOrThrow (encryptionReference));
    if (!command.getAsBoolean ("inclusivePrefixes", true))
      builder.signingParams ().setWSSecSignatureCustomizer (new IWSSecSignatureCustomizer ()
      {
        @Override
        public void customize (final WSSecSignature signature)
        {
          signature.setAddInclusivePrefixes (false);
        }
      });
    builder.receiverCertificate (recipient (Path.of (command.getAsString ("recipient"))));
    builder.httpClientFactory (http);
    builder.httpRetrySettings (new HttpRetrySettings ().setMaxRetries (0));
    builder.endpointURL (command.getAsString ("endpoint"));
    builder.messageID (command.getAsString ("messageId"));
    builder.refToMessageID (command.getAsString ("refToMessageId"));
    builder.conversationID (command.getAsString ("conversationId"));
    builder.agreementRef ("urn:selat:agreement:1");
    builder.service (service).action (action);
    builder.fromPartyIDType (PARTY_TYPE).fromPartyID (from).fromRole (CAS4.DEFAULT_INITIATOR_URL);
    builder.toPartyIDType (PARTY_TYPE).toPartyID (to).toRole (CAS4.DEFAULT_RESPONDER_URL);
    final IJsonObject properties = command.getAsObject ("properties");
    if (properties != null)
      for (final String name : properties.keySet ())
        builder.addMessageProperty (MessageProperty.builder ().name (name).value (properties.getAsString (name)));
    for (final IJson each : command.getAsArray ("payloads"))
      builder.addAttachment (attachment (each.getAsObject ()));
    return builder;
  }

  private X509Certificate recipient (final Path file)
  {
    return certificates.computeIfAbsent (file, path -> {
      try
      {
        return Keys.certificate (path);
      }
      catch (final IOException e)
      {
        throw new UncheckedIOException (e);
      }
      catch (final GeneralSecurityException e)
      {
        throw new IllegalArgumentException (e);
      }
    });
  }

  private static AS4OutgoingAttachment.Builder attachment (final IJsonObject payload)
  {
    final var attachment = AS4OutgoingAttachment.builder ()
                                                .data (Path.of (payload.getAsString ("file")).toFile ())
                                                .mimeType (MimeTypeParser.safeParseMimeType (payload.getAsString ("contentType")));
    if (payload.getAsString ("contentId") != null)
      attachment.contentID (payload.getAsString ("contentId"));
    if (payload.getAsString ("characterSet") != null)
      attachment.charset (Charset.forName (payload.getAsString ("characterSet")));
    return payload.getAsBoolean ("compress", true) ? attachment.compressionGZIP () : attachment;
  }

  /** Sends one message and tells what came back: whether phase4 took it for a receipt, signed, with the digests as sent. */
  IJsonObject send (final IJsonObject command)
  {
    final var told = new JsonObject ().add ("event", "sent").add ("id", command.getAsString ("id"));
    final List <String> digests = new ArrayList <> ();
    try
    {
      final var builder = message (command);
      builder.signalMsgValidationResultHdl (new DigestJudgement (digests));
      builder.signalMsgConsumer ( (signal, metadata, state) -> {
        final var signer = state.getSigningCertificate ();
        told.add ("signed", state.isSoapSignatureChecked ());
        told.add ("signer", signer == null ? "" : signer.getSubjectX500Principal ().getName ());
        told.add ("refToMessageId", Events.text (signal.getMessageInfo ().getRefToMessageId ()));
        told.add ("errors", Events.errors (signal.getError ()));
      });
      final String alter = command.getAsString ("alter");
      final String keep = command.getAsString ("keep");
      if (alter != null || keep != null)
      {
        final var poster = new BytesPoster (alter, keep == null ? null : Path.of (keep));
        poster.setHttpClientFactory (builder.httpClientFactory ());
        builder.customHttpPoster (poster);
      }
      final EAS4UserMessageSendResult result = builder.sendMessageAndCheckForReceipt (e -> told.add ("exception",
                                                                                                     Events.text (e)));
      told.add ("result", result.getID ());
    }
    catch (final Exception e)
    {
      told.add ("result", "not-sent").add ("exception", Events.text (e));
    }
    final var judgements = new JsonArray ();
    digests.forEach (judgements::add);
    return told.add ("digests", judgements);
  }

  /** Keeps what phase4 says of the digests in a receipt: "as sent", or what is wrong. */
  private record DigestJudgement (List <String> told) implements IAS4SignalMessageValidationResultHandler
  {
    @Override
    public void onSuccess ()
    {
      told.add ("as sent");
    }

    @Override
    public void onError (final String error)
    {
      told.add (error);
    }

    @Override
    public void onNotApplicable ()
    {
      told.add ("not compared");
    }
  }

  /** Writes what goes out into a file, or alters it after it was signed and encrypted, as somebody on the way could. */
  private static final class BytesPoster extends BasicHttpPoster
  {
    private final String alter;
    private final Path keep;

    BytesPoster (final String alter, final Path keep)
    {
      this.alter = alter;
      this.keep = keep;
    }

    @Override
    public <T> T sendGenericMessage (final String url,
                                     final HttpHeaderMap headers,
                                     final HttpEntity entity,
                                     final HttpClientResponseHandler <? extends T> handler) throws IOException
    {
      final var written = new ByteArrayOutputStream ();
      entity.writeTo (written);
      final byte [] bytes = altered (written.toByteArray ());
      if (keep != null)
        Files.write (keep, bytes);
      final ContentType type = entity.getContentType () == null ? null : ContentType.parse (entity.getContentType ());
      return super.sendGenericMessage (url, headers, new ByteArrayEntity (bytes, type), handler);
    }

    private byte [] altered (final byte [] bytes)
    {
      if (alter == null)
        return bytes;
      if (alter.equals ("payload"))
      {
        // The last part ends shortly before the closing boundary: this byte is of its ciphertext or tag.
        final int closing = new String (bytes, StandardCharsets.ISO_8859_1).lastIndexOf ("\r\n--", bytes.length - 5);
        bytes[closing - 20] ^= 1;
        return bytes;
      }
      final String opening = "ConversationId>";
      final int at = new String (bytes, StandardCharsets.ISO_8859_1).indexOf (opening) + opening.length ();
      if (at < opening.length ())
        throw new IllegalStateException ("the message has no ConversationId");
      bytes[at] = (byte) (bytes[at] == 'X' ? 'Y' : 'X');
      return bytes;
    }
  }
}
