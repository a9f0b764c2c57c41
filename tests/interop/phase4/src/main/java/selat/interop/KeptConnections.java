package selat.interop;

import java.io.IOException;

import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.HttpClientResponseHandler;

import com.helger.http.header.HttpHeaderMap;
import com.helger.httpclient.HttpClientSettings;
import com.helger.phase4.messaging.http.BasicHttpPoster;

/** phase4's poster with one client for all messages, whose connections stay open; its own makes one for each message. */
final class KeptConnections extends BasicHttpPoster implements AutoCloseable
{
  private final CloseableHttpClient client;

  KeptConnections (final HttpClientSettings settings, final int most)
  {
    final var connections = PoolingHttpClientConnectionManagerBuilder.create ()
                                                                     .setTlsSocketStrategy (new DefaultClientTlsStrategy (settings.getSSLContext ()))
                                                                     .setMaxConnPerRoute (most)
                                                                     .setMaxConnTotal (most)
                                                                     .build ();
    client = HttpClients.custom ().setConnectionManager (connections).disableCookieManagement ().build ();
  }

  @Override
  public <T> T sendGenericMessage (final String url,
                                   final HttpHeaderMap headers,
                                   final HttpEntity entity,
                                   final HttpClientResponseHandler <? extends T> handler) throws IOException
  {
    final var post = new HttpPost (url);
    if (headers != null)
      headers.forEachSingleHeader (post::addHeader, true, isQuoteHttpHeaders ());
    post.setEntity (entity);
    return client.execute (post, handler);
  }

  @Override
  public void close () throws IOException
  {
    client.close ();
  }
}
