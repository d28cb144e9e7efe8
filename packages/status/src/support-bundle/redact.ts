const mark = '[removed]';

/**
 * What must never leave a boot server, by how it looks: keys in PEM, Vault tokens, setup secrets, the values of
 * password and inline key fields in YAML and JSON. Unseal keys look like any base64 of 32 bytes, so those go too.
 */
const secrets: readonly [pattern: RegExp, replacement: string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, mark],
  [/\b(hvs|hvb|hvr|s|b|r)\.[A-Za-z0-9_-]{20,}/g, mark],
  [/\bneco1-[a-z2-7-]{8,}/gi, mark],
  [
    /^(\s*["']?(?:password|secret|token|tls-key|key)["']?\s*:\s*)(?![|>]\s*$)\S.*?(?=,?\s*$)/gim,
    `$1"${mark}"`,
  ],
  [/(--?[a-z-]*(?:password|token|secret)(?:=|\s+))\S+/gi, `$1${mark}`],
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?!=)/g, mark],
  [/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g, mark],
];

/** The text without what looks like a secret, and without these values, wherever they stand in it. */
export function redact(text: string, values: readonly string[] = []): string {
  const withoutValues = values
    .filter((value) => value !== '')
    .reduce((rest, value) => rest.replaceAll(value, mark), text);
  return secrets.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), withoutValues);
}
