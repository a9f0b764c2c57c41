package selat.interop;

import com.helger.base.state.ETriState;
import com.helger.phase4.CAS4;
import com.helger.phase4.crypto.AS4CryptParams;
import com.helger.phase4.crypto.AS4SigningParams;
import com.helger.phase4.crypto.ECryptoAlgorithmCrypt;
import com.helger.phase4.crypto.ECryptoAlgorithmSign;
import com.helger.phase4.crypto.ECryptoAlgorithmSignDigest;
import com.helger.phase4.model.EMEP;
import com.helger.phase4.model.EMEPBinding;
import com.helger.phase4.model.pmode.PMode;
import com.helger.phase4.model.pmode.PModeParty;
import com.helger.phase4.model.pmode.PModeReceptionAwareness;
import com.helger.phase4.model.pmode.leg.EPModeSendReceiptReplyPattern;
import com.helger.phase4.model.pmode.leg.PModeLeg;
import com.helger.phase4.model.pmode.leg.PModeLegBusinessInformation;
import com.helger.phase4.model.pmode.leg.PModeLegErrorHandling;
import com.helger.phase4.model.pmode.leg.PModeLegProtocol;
import com.helger.phase4.model.pmode.leg.PModeLegSecurity;
import com.helger.phase4.wss.EWSSVersion;

/**
 * The security profiles of eDelivery AS4 in phase4's own terms. phase4 has modules that set the same (eDelivery 2.0, CEF);
 * they are not to be had beside the newest phase4-lib everywhere, and bring no cryptography of their own.
 */
enum Profile
{
  /** eDelivery AS4 2.0 common usage: Ed25519, X25519 with HKDF and AES-128 key wrap. */
  COMMON_USAGE ("edelivery-2.0-common-usage", ECryptoAlgorithmSign.EDDSA_ED25519)
  {
    @Override
    void encryptWith (final AS4CryptParams parameters)
    {
      parameters.setEDelivery2KeyAgreementX25519 ();
    }
  },
  /** eDelivery AS4 2.0 alternative elliptic curve: ECDSA and ECDH-ES on P-256. */
  ALTERNATIVE_EC ("edelivery-2.0-alternative-ec", ECryptoAlgorithmSign.ECDSA_SHA_256)
  {
    @Override
    void encryptWith (final AS4CryptParams parameters)
    {
      parameters.setEDelivery2KeyAgreementECDHES ();
    }
  },
  /** eDelivery AS4 1.15: RSA-SHA256, RSA-OAEP with MGF1-SHA256 and SHA-256, as phase4 does it by default. */
  RSA ("edelivery-1.15", ECryptoAlgorithmSign.RSA_SHA_256)
  {
    @Override
    void encryptWith (final AS4CryptParams parameters)
    {
      // RSA-OAEP is what AS4CryptParams starts with.
    }
  };

  private final String name;
  private final ECryptoAlgorithmSign signature;

  Profile (final String name, final ECryptoAlgorithmSign signature)
  {
    this.name = name;
    this.signature = signature;
  }

  /** The name that the tests use. */
  String profileName ()
  {
    return name;
  }

  static Profile of (final String name)
  {
    for (final Profile profile : values ())
      if (profile.name.equals (name))
        return profile;
    throw new IllegalArgumentException ("no profile " + name);
  }

  /** Sets how the content key is brought to the recipient. */
  abstract void encryptWith (AS4CryptParams parameters);

  AS4SigningParams signingParameters ()
  {
    final var parameters = new AS4SigningParams ();
    signWith (parameters);
    return parameters;
  }

  void signWith (final AS4SigningParams parameters)
  {
    parameters.setAlgorithmSign (signature).setAlgorithmSignDigest (ECryptoAlgorithmSignDigest.DIGEST_SHA_256);
  }

  /**
   * The agreement for one service and action: pushed, signed, encrypted, signed receipt in the response. It is one-way and
   * has a second leg all the same, because phase4 looks for that one whenever a message has a RefToMessageId.
   */
  PMode processingMode (final String initiator, final String responder, final String service, final String action)
  {
    final var security = new PModeLegSecurity ();
    security.setWSSVersion (EWSSVersion.WSS_111);
    security.setX509SignatureAlgorithm (signature);
    security.setX509SignatureHashFunction (ECryptoAlgorithmSignDigest.DIGEST_SHA_256);
    security.setX509EncryptionAlgorithm (ECryptoAlgorithmCrypt.AES_128_GCM);
    security.setX509EncryptionMinimumStrength (128);
    security.setSendReceipt (true);
    security.setSendReceiptNonRepudiation (true);
    security.setSendReceiptReplyPattern (EPModeSendReceiptReplyPattern.RESPONSE);
    final var errors = new PModeLegErrorHandling (null,
                                                  null,
                                                  ETriState.TRUE,
                                                  ETriState.TRUE,
                                                  ETriState.TRUE,
                                                  ETriState.TRUE);
    final var leg = new PModeLeg (PModeLegProtocol.createForDefaultSoapVersion (null),
                                  PModeLegBusinessInformation.create (service, action, null, CAS4.DEFAULT_MPC_ID),
                                  errors,
                                  null,
                                  security);
    return new PMode (name + " " + action,
                      PModeParty.createSimple (initiator, CAS4.DEFAULT_INITIATOR_URL),
                      PModeParty.createSimple (responder, CAS4.DEFAULT_RESPONDER_URL),
                      "urn:selat:agreement:1",
                      EMEP.ONE_WAY,
                      EMEPBinding.PUSH,
                      leg,
                      leg,
                      null,
                      new PModeReceptionAwareness (ETriState.TRUE, ETriState.FALSE, 0, 0, ETriState.TRUE));
  }
}
