/** Text as canonical XML writes it between tags (Canonical XML 1.0 §2.3). */
export function escapeText(text: string): string {
  return /[&<>\r]/.test(text)
    ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#xD;')
    : text;
}

/** Text as canonical XML writes it in an attribute (Canonical XML 1.0 §2.3). */
export function escapeAttribute(text: string): string {
  return /[&<"\t\n\r]/.test(text)
    ? text
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('"', '&quot;')
        .replaceAll('\t', '&#x9;')
        .replaceAll('\n', '&#xA;')
        .replaceAll('\r', '&#xD;')
    : text;
}
