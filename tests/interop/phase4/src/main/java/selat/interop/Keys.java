package selat.interop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import com.helger.phase4.crypto.AS4CryptoFactoryInMemoryKeyStore;

/** Keys and certificates: PEM files of the tests become key stores in memory. Nothing of the machine's own is trusted. */
final class Keys
{
  /** The alias of the only key in a store, and its password, which protects nothing: the store never leaves memory. */
  static final String ALIAS = "own";
  static final char [] PASSWORD = "interop".toCharArray ();

  private Keys ()
  {}

  static X509Certificate certificate (final Path file) throws IOException, GeneralSecurityException
  {
    try (var in = Files.newInputStream (file))
    {
      return (X509Certificate) CertificateFactory.getInstance ("X.509").generateCertificate (in);
    }
  }

  /** A private key in PKCS#8 PEM; what kind it is, the key itself says. */
  static PrivateKey privateKey (final Path file) throws IOException, GeneralSecurityException
  {
    final String base64 = Files.readString (file, StandardCharsets.US_ASCII).replaceAll ("-----[^-]+-----|\\s", "");
    final var spec = new PKCS8EncodedKeySpec (Base64.getDecoder ().decode (base64));
    for (final String algorithm : List.of ("Ed25519", "X25519", "EC", "RSA"))
      try
      {
        return KeyFactory.getInstance (algorithm).generatePrivate (spec);
      }
      catch (final InvalidKeySpecException e)
      {
        // It is of another kind.
      }
    throw new GeneralSecurityException ("no known kind of key in " + file);
  }

  static KeyStore keyStore (final KeyFiles files) throws IOException, GeneralSecurityException
  {
    final KeyStore store = emptyStore ();
    store.setKeyEntry (ALIAS,
                       privateKey (files.key ()),
                       PASSWORD,
                       new Certificate [] { certificate (files.certificate ()) });
    return store;
  }

  static KeyStore trustStore (final List <Path> authorities) throws IOException, GeneralSecurityException
  {
    final KeyStore store = emptyStore ();
    int count = 0;
    for (final Path authority : authorities)
      store.setCertificateEntry ("authority-" + count++, certificate (authority));
    return store;
  }

  private static KeyStore emptyStore () throws IOException, GeneralSecurityException
  {
    // Of PKCS12, every use of a key would cost ten thousand rounds of a password's derivation.
    final KeyStore store = KeyStore.getInstance ("JKS");
    store.load (null, null);
    return store;
  }

  /** What phase4 takes keys from: one key, and the authorities of the partner. */
  static AS4CryptoFactoryInMemoryKeyStore cryptoFactory (final KeyFiles own, final List <Path> authorities)
                                                                                                           throws IOException,
                                                                                                             GeneralSecurityException
  {
    return new AS4CryptoFactoryInMemoryKeyStore (keyStore (own), ALIAS, PASSWORD, trustStore (authorities));
  }

  /** TLS in both directions: our certificate is shown, the other end must be certified by one of the authorities. */
  static SSLContext tls (final KeyFiles own, final List <Path> authorities) throws IOException, GeneralSecurityException
  {
    final var keyManagers = KeyManagerFactory.getInstance ("PKIX");
    keyManagers.init (keyStore (own), PASSWORD);
    final var trustManagers = TrustManagerFactory.getInstance ("PKIX");
    trustManagers.init (trustStore (authorities));
    final SSLContext context = SSLContext.getInstance ("TLS");
    context.init (keyManagers.getKeyManagers (), trustManagers.getTrustManagers (), null);
    return context;
  }

  /** A private key (PKCS#8, PEM) and its certificate (PEM). */
  record KeyFiles (Path key, Path certificate)
  {}
}
