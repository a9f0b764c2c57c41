/** What every answer carries: nothing may be sniffed, framed, embedded elsewhere or told to another site. */
const EVERYWHERE: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
];

/** For data: a browser that shows them runs and loads nothing. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

/** The header fields for an answer of data. */
export function securityHeaders(secure: boolean): Record<string, string> {
  return {
    ...Object.fromEntries(EVERYWHERE),
    'Content-Security-Policy': DATA_POLICY,
    ...(secure ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  };
}

/** The policy of a page whose only style is the one with this SHA-256 (base64); no script, nothing from elsewhere. */
export function pagePolicy(styleDigest: string): string {
  return `default-src 'none'; style-src 'sha256-${styleDigest}'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'`;
}
