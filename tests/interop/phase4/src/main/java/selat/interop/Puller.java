package selat.interop;

import java.io.IOException;
import java.security.GeneralSecurityException;

import com.helger.json.IJsonObject;
import com.helger.json.JsonObject;
import com.helger.phase4.CAS4;
import com.helger.phase4.client.AS4ClientReceiptMessage;
import com.helger.phase4.crypto.IAS4CryptoFactory;
import com.helger.phase4.ebms3header.Ebms3UserMessage;
import com.helger.phase4.incoming.IAS4IncomingMessageState;
import com.helger.phase4.messaging.http.BasicHttpPoster;
import com.helger.phase4.messaging.http.HttpRetrySettings;
import com.helger.phase4.sender.AS4Sender;
import com.helger.phase4.util.AS4ResourceHelper;
import com.helger.httpclient.HttpClientFactory;
import com.helger.httpclient.HttpClientSettings;
import org.apache.hc.core5.http.io.entity.EntityUtils;

/** phase4 as a partner that pulls its messages (One-Way/Pull): a signed PullRequest, and the receipt in a request of its own. */
final class Puller
{
  private final Configuration configuration;
  private final HttpClientSettings http;
  private final IAS4CryptoFactory signing;
  private final IAS4CryptoFactory decryption;

  Puller (final Configuration configuration, final HttpClientSettings http) throws IOException, GeneralSecurityException
  {
    this.configuration = configuration;
    this.http = http;
    signing = Keys.cryptoFactory (configuration.signing (), configuration.authorities ());
    decryption = Keys.cryptoFactory (configuration.decryption (), configuration.authorities ());
  }

  /** Pulls once; tells the message (event `received`), and of the pull itself what came back and how its receipt was taken. */
  IJsonObject pull (final IJsonObject command)
  {
    final var told = new JsonObject ().add ("event", "pulled").add ("id", command.getAsString ("id"));
    final Profile profile = configuration.profile ();
    final String endpoint = command.getAsString ("endpoint");
    try
    {
      final var builder = AS4Sender.builderPullRequest ();
      builder.as4ProfileID (profile.profileName ());
      builder.pmodeResolver (Receiver.agreements (configuration));
      builder.incomingProfileSelector (new NoValidator ());
      builder.pmode (profile.processingMode (configuration.partnerPartyId (),
                                             configuration.partyId (),
                                             configuration.service (),
                                             configuration.action ()));
      builder.cryptoFactorySign (signing).cryptoFactoryCrypt (decryption);
      profile.signWith (builder.signingParams ());
      builder.httpClientFactory (http);
      builder.httpRetrySettings (new HttpRetrySettings ().setMaxRetries (0));
      builder.mpc (CAS4.DEFAULT_MPC_ID).endpointURL (endpoint);
      builder.signalMsgConsumer ( (signal, metadata, state) -> {
        told.add ("signed", state.isSoapSignatureChecked ());
        told.add ("errors", Events.errors (signal.getError ()));
      });
      builder.userMsgConsumer ( (message, metadata, state) -> {
        try
        {
          Events.tell (Received.describe (profile, message, state.getDecryptedAttachments (), state));
          told.add ("messageId", message.getMessageInfo ().getMessageId ());
          told.add ("receiptAnswer", sendReceipt (endpoint, message, state));
        }
        catch (final Exception e)
        {
          throw new IllegalStateException (e);
        }
      });
      told.add ("isSuccess", builder.sendMessage ().isSuccess ());
    }
    catch (final Exception e)
    {
      told.add ("exception", Events.text (e));
    }
    return told;
  }

  /** Sends the signed receipt of a pulled message. @return status and body that it was answered with */
  private String sendReceipt (final String endpoint,
                              final Ebms3UserMessage message,
                              final IAS4IncomingMessageState state) throws Exception
  {
    try (final var resources = new AS4ResourceHelper ())
    {
      final var receipt = new AS4ClientReceiptMessage (resources);
      receipt.setCryptoFactorySign (signing);
      configuration.profile ().signWith (receipt.signingParams ());
      receipt.setSoapDocument (state.getOriginalSoapDocument ());
      receipt.setEbms3UserMessage (message);
      receipt.setNonRepudiation (true);
      receipt.setReceiptShouldBeSigned (true);
      final var poster = new BasicHttpPoster ();
      poster.setHttpClientFactory (new HttpClientFactory (http));
      receipt.setHttpPoster (poster);
      receipt.httpRetrySettings ().setMaxRetries (0);
      return receipt.sendMessageWithRetries (endpoint,
                                             response -> response.getCode () +
                                                         " " +
                                                         (response.getEntity () == null ? ""
                                                                                        : EntityUtils.toString (response.getEntity ())),
                                             null,
                                             null,
                                             null)
                    .getResponseContent ();
    }
  }
}
