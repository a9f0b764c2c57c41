package selat.interop;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Locale;

import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

import com.helger.collection.commons.CommonsArrayList;
import com.helger.collection.commons.ICommonsList;
import com.helger.http.EHttpMethod;
import com.helger.http.header.HttpHeaderMap;
import com.helger.json.JsonObject;
import com.helger.phase4.CAS4;
import com.helger.phase4.attachment.WSS4JAttachment;
import com.helger.phase4.crypto.IAS4CryptoFactory;
import com.helger.phase4.ebms3header.Ebms3SignalMessage;
import com.helger.phase4.ebms3header.Ebms3UserMessage;
import com.helger.phase4.error.AS4Error;
import com.helger.phase4.error.AS4ErrorList;
import com.helger.phase4.incoming.AS4RequestHandler;
import com.helger.phase4.incoming.IAS4IncomingMessageMetadata;
import com.helger.phase4.incoming.IAS4IncomingMessageState;
import com.helger.phase4.incoming.crypto.AS4IncomingSecurityConfiguration;
import com.helger.phase4.incoming.spi.AS4MessageProcessorResult;
import com.helger.phase4.incoming.spi.AS4SignalMessageProcessorResult;
import com.helger.phase4.incoming.spi.IAS4IncomingMessageProcessorSPI;
import com.helger.phase4.model.error.EEbmsError;
import com.helger.phase4.model.pmode.IPMode;
import com.helger.phase4.model.pmode.resolve.IAS4PModeResolver;
import com.helger.phase4.servlet.AS4UnifiedResponse;
import com.helger.phase4.servlet.AS4XServletHandler;
import com.helger.phase4.servlet.IAS4ServletRequestHandlerCustomizer;
import com.helger.web.scope.IRequestWebScopeWithoutResponse;
import com.helger.web.scope.mgr.WebScopeManager;
import com.helger.web.servlets.scope.WebScopeListener;
import com.helger.xservlet.AbstractXServlet;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import org.w3c.dom.Node;

/**
 * phase4's receiver in Jetty, https with client certificates: `/as4` takes messages of the partner, in the profile of the
 * configuration, for us and the service of the configuration only.
 */
final class Receiver
{
  private final Server server = new Server ();
  private final ServerConnector connector;

  /** @param isQuiet true where received messages are not told */
  Receiver (final Configuration configuration, final boolean isQuiet) throws IOException, GeneralSecurityException
  {
    final var tls = new SslContextFactory.Server ();
    tls.setSslContext (Keys.tls (configuration.tls (), configuration.authorities ()));
    tls.setNeedClientAuth (true);
    final var http = new HttpConfiguration ();
    // Jetty looks names up for server name indication; the tests use an address.
    http.addCustomizer (new SecureRequestCustomizer (false));
    connector = new ServerConnector (server,
                                     new SslConnectionFactory (tls, "http/1.1"),
                                     new HttpConnectionFactory (http));
    connector.setHost ("127.0.0.1");
    connector.setIdleTimeout (60_000);
    server.addConnector (connector);
    final var context = new ServletContextHandler ("/");
    // phase4 has one global scope in a process: the first receiver begins it.
    if (!WebScopeManager.isGlobalScopePresent ())
      context.addEventListener (new WebScopeListener ());
    final var terms = new Terms (configuration, isQuiet);
    // A servlet of phase4 can only be made when the scope has begun.
    context.addEventListener (new ServletContextListener ()
    {
      @Override
      public void contextInitialized (final ServletContextEvent event)
      {
        event.getServletContext ().addServlet ("as4", new As4Servlet (terms)).addMapping ("/as4");
      }
    });
    server.setHandler (context);
  }

  /** @return the port that it listens at */
  int start () throws Exception
  {
    server.start ();
    return connector.getLocalPort ();
  }

  void stop () throws Exception
  {
    server.stop ();
  }

  private static final class As4Servlet extends AbstractXServlet
  {
    private static final long serialVersionUID = 1L;

    As4Servlet (final Terms terms)
    {
      settings ().setMultipartEnabled (false);
      final var handler = new AS4XServletHandler ();
      handler.setRequestHandlerCustomizer (terms);
      handlerRegistry ().registerHandler (EHttpMethod.POST, handler);
    }
  }

  /** Tells each of phase4's request handlers which keys, agreement and consumer to use. */
  private static final class Terms implements IAS4ServletRequestHandlerCustomizer
  {
    private final Configuration configuration;
    private final IAS4CryptoFactory signing;
    private final IAS4CryptoFactory decryption;
    private final ICommonsList <IAS4IncomingMessageProcessorSPI> consumers;
    private final boolean isQuiet;

    Terms (final Configuration configuration, final boolean isQuiet) throws IOException, GeneralSecurityException
    {
      this.configuration = configuration;
      this.isQuiet = isQuiet;
      signing = Keys.cryptoFactory (configuration.signing (), configuration.authorities ());
      decryption = Keys.cryptoFactory (configuration.decryption (), configuration.authorities ());
      consumers = new CommonsArrayList <> (new Consumer (configuration.profile (), isQuiet));
    }

    @Override
    public void customizeBeforeHandling (final IRequestWebScopeWithoutResponse scope,
                                         final AS4UnifiedResponse response,
                                         final AS4RequestHandler handler)
    {
      handler.setCryptoFactorySign (signing);
      handler.setCryptoFactoryCrypt (decryption);
      handler.setPModeResolver (agreements (configuration));
      handler.setIncomingProfileSelector (new NoValidator ());
      final var parameters = configuration.profile ().signingParameters ();
      handler.setIncomingSecurityConfiguration (new AS4IncomingSecurityConfiguration ().setSigningParams (parameters));
      handler.setProcessorSupplier ( () -> consumers);
      handler.setErrorConsumer ( (metadata, state, errors, message) -> {
        if (isQuiet)
          return;
        final var told = new JsonObject ().add ("event", "refused");
        told.add ("messageId", Events.text (state.getMessageID ()));
        told.add ("errors", Events.errors (errors.getAllMapped (AS4Error::getEbmsError)));
        Events.tell (told);
      });
    }

    @Override
    public void customizeAfterHandling (final IRequestWebScopeWithoutResponse scope,
                                        final AS4UnifiedResponse response,
                                        final AS4RequestHandler handler)
    {}
  }

  /** The agreements of this access point: messages of the partner for us, about the one service or the test service. */
  static IAS4PModeResolver agreements (final Configuration configuration)
  {
    return (modeId, service, action, initiator, responder, agreement, address) -> {
      if (!configuration.partnerPartyId ().equals (initiator) || !configuration.partyId ().equals (responder))
        return null;
      final boolean isOffered = configuration.service ().equals (service) && configuration.action ().equals (action);
      final boolean isTest = CAS4.DEFAULT_SERVICE_URL.equals (service) && CAS4.DEFAULT_ACTION_URL.equals (action);
      return isOffered || isTest ? configuration.profile ().processingMode (initiator, responder, service, action) : null;
    };
  }

  /** Takes what phase4 found good and tells of it: ids, parties, properties, digests of the payloads. */
  private static final class Consumer implements IAS4IncomingMessageProcessorSPI
  {
    private final Profile profile;
    private final boolean isQuiet;

    Consumer (final Profile profile, final boolean isQuiet)
    {
      this.profile = profile;
      this.isQuiet = isQuiet;
    }

    @Override
    public AS4MessageProcessorResult processAS4UserMessage (final IAS4IncomingMessageMetadata metadata,
                                                            final HttpHeaderMap headers,
                                                            final Ebms3UserMessage message,
                                                            final IPMode mode,
                                                            final Node body,
                                                            final ICommonsList <WSS4JAttachment> attachments,
                                                            final IAS4IncomingMessageState state,
                                                            final AS4ErrorList errors)
    {
      // phase4 itself takes what nobody signed or encrypted; the profiles do not.
      if (!state.isSoapSignatureChecked () || attachments != null && !attachments.isEmpty () && !state.isSoapDecrypted ())
      {
        errors.add (EEbmsError.EBMS_POLICY_NONCOMPLIANCE.errorBuilder (Locale.US)
                                                        .refToMessageInError (message.getMessageInfo ().getMessageId ())
                                                        .errorDetail ("The message must be signed and encrypted.")
                                                        .build ());
        return AS4MessageProcessorResult.createFailure ();
      }
      try
      {
        final var told = Received.describe (profile, message, attachments, state);
        if (!isQuiet)
          Events.tell (told);
        return AS4MessageProcessorResult.createSuccess ();
      }
      catch (final IOException | GeneralSecurityException e)
      {
        throw new IllegalStateException (e);
      }
    }

    @Override
    public AS4SignalMessageProcessorResult processAS4SignalMessage (final IAS4IncomingMessageMetadata metadata,
                                                                    final HttpHeaderMap headers,
                                                                    final Ebms3SignalMessage signal,
                                                                    final IPMode mode,
                                                                    final IAS4IncomingMessageState state,
                                                                    final AS4ErrorList errors)
    {
      return AS4SignalMessageProcessorResult.createSuccess ();
    }

    @Override
    public void processAS4ResponseMessage (final IAS4IncomingMessageMetadata metadata,
                                           final IAS4IncomingMessageState state,
                                           final String messageId,
                                           final byte [] bytes,
                                           final boolean isAvailable,
                                           final AS4ErrorList errors)
    {}
  }
}
