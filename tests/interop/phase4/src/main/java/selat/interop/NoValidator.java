package selat.interop;

import com.helger.phase4.incoming.IAS4IncomingMessageState;
import com.helger.phase4.incoming.IAS4IncomingProfileSelector;

/** No profile's validator runs: the agreement and what {@link Receiver} asks for say what is taken. */
final class NoValidator implements IAS4IncomingProfileSelector
{
  @Override
  public String getAS4ProfileID (final IAS4IncomingMessageState state)
  {
    return null;
  }

  @Override
  public boolean validateAgainstProfile ()
  {
    return false;
  }
}
