package selat.interop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.helger.json.IJson;
import com.helger.json.IJsonObject;
import com.helger.json.serialize.JsonReader;

/**
 * One access point, read from a JSON file: what commands call it, the profile that it speaks, its party and its partner's, the only service that
 * it offers, its keys, and the authorities that certify the partner.
 */
record Configuration (String name,
                      Profile profile,
                      String partyId,
                      String partnerPartyId,
                      String service,
                      String action,
                      Keys.KeyFiles signing,
                      Keys.KeyFiles decryption,
                      Keys.KeyFiles tls,
                      List <Path> authorities)
{
  static Configuration read (final Path file) throws IOException
  {
    final IJson read = JsonReader.readFromString (Files.readString (file, StandardCharsets.UTF_8));
    if (read == null || !read.isObject ())
      throw new IOException (file + " is not a JSON object");
    final IJsonObject json = read.getAsObject ();
    final List <Path> authorities = new ArrayList <> ();
    for (final IJson each : json.getAsArray ("authorities"))
      authorities.add (Path.of (each.getAsValue ().getAsString ()));
    return new Configuration (json.getAsString ("name"),
                              Profile.of (json.getAsString ("profile")),
                              json.getAsString ("partyId"),
                              json.getAsString ("partnerPartyId"),
                              json.getAsString ("service"),
                              json.getAsString ("action"),
                              keyFiles (json, "signing"),
                              keyFiles (json, "decryption"),
                              keyFiles (json, "tls"),
                              authorities);
  }

  private static Keys.KeyFiles keyFiles (final IJsonObject json, final String name)
  {
    final IJsonObject files = json.getAsObject (name);
    return new Keys.KeyFiles (Path.of (files.getAsString ("key")), Path.of (files.getAsString ("certificate")));
  }
}
