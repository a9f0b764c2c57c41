package selat.interop;

import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

import com.helger.json.IJsonObject;
import com.helger.json.JsonArray;
import com.helger.json.JsonObject;
import com.helger.phase4.attachment.WSS4JAttachment;
import com.helger.phase4.ebms3header.Ebms3Property;
import com.helger.phase4.ebms3header.Ebms3UserMessage;
import com.helger.phase4.incoming.IAS4IncomingMessageState;

/** What phase4 found out about a message that it took: the event `received`. */
final class Received
{
  private Received ()
  {}

  static IJsonObject describe (final Profile profile,
                               final Ebms3UserMessage message,
                               final List <WSS4JAttachment> attachments,
                               final IAS4IncomingMessageState state) throws IOException, GeneralSecurityException
  {
    final var payloads = new JsonArray ();
    for (final WSS4JAttachment attachment : attachments == null ? List.<WSS4JAttachment> of () : attachments)
      payloads.add (describe (attachment));
    final var info = message.getMessageInfo ();
    final var collaboration = message.getCollaborationInfo ();
    final var properties = new JsonObject ();
    if (message.getMessageProperties () != null)
      for (final Ebms3Property property : message.getMessageProperties ().getProperty ())
        properties.add (property.getName (), property.getValue ());
    final var signer = state.getSigningCertificate ();
    final var told = new JsonObject ().add ("event", "received");
    told.add ("profile", profile.profileName ());
    told.add ("messageId", info.getMessageId ());
    told.add ("refToMessageId", Events.text (info.getRefToMessageId ()));
    told.add ("fromPartyId", message.getPartyInfo ().getFrom ().getPartyIdAtIndex (0).getValue ());
    told.add ("toPartyId", message.getPartyInfo ().getTo ().getPartyIdAtIndex (0).getValue ());
    told.add ("service", collaboration.getService ().getValue ());
    told.add ("action", collaboration.getAction ());
    told.add ("conversationId", collaboration.getConversationId ());
    told.add ("properties", properties);
    told.add ("signed", state.isSoapSignatureChecked ());
    told.add ("decrypted", state.isSoapDecrypted ());
    told.add ("signer", signer == null ? "" : signer.getSubjectX500Principal ().getName ());
    return told.add ("payloads", payloads);
  }

  private static IJsonObject describe (final WSS4JAttachment attachment) throws IOException, GeneralSecurityException
  {
    final MessageDigest digest = MessageDigest.getInstance ("SHA-256");
    long bytes = 0;
    try (InputStream in = new DigestInputStream (attachment.getSourceStream (), digest))
    {
      final byte [] buffer = new byte [65_536];
      for (int read = in.read (buffer); read >= 0; read = in.read (buffer))
        bytes += read;
    }
    final var charset = attachment.getCharsetOrDefault (null);
    return new JsonObject ().add ("contentId", Events.text (attachment.getId ()))
                            .add ("contentType", Events.text (attachment.getUncompressedMimeType ()))
                            .add ("characterSet", charset == null ? "" : charset.name ())
                            .add ("compressed", attachment.hasCompressionMode ())
                            .add ("bytes", bytes)
                            .add ("sha256", HexFormat.of ().formatHex (digest.digest ()));
  }
}
