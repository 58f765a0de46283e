/**
 * Whether the values of an attribute are never shown unless asked for: passwords in whatever scheme, their history, secrets of a second factor, private keys.
 * By the words of its name, as servers and applications have many of their own; a time or a count of such a thing is none.
 */
export function isSecretAttribute(description: string): boolean {
  const known = decided.get(description);
  if (known !== undefined) return known;
  const [type = ''] = description.toLowerCase().split(';');
  const isSecret = secret.test(type) && !told.test(type);
  if (decided.size < 10_000) decided.set(description, isSecret);
  return isSecret;
}

/** `userPassword`, `authPassword`, `ds-pwp-retired-password`, `pwdHistory`, `unicodePwd`, `ds-auth-totp-shared-secret`, `userPKCS12`, `krbPrincipalKey` … */
const secret =
  /password|passwd|passphrase|secret(?!ary)|unicodepwd|^pwdhistory$|^lmpwdhistory$|^ntpwdhistory$|pkcs12|private-?key|principalkey|^krbmkey$|-otp$|reset-token|delivered-otp|recovery-code/;

const told = /(?:time|date|count|failures|age|length|expired|warned|policy|policy-dn|subentry|attribute)$/;

const decided = new Map<string, boolean>();
