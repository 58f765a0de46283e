/** The syntaxes of RFC 4517 that something here depends on. */
export const syntaxes = {
  dn: '1.3.6.1.4.1.1466.115.121.1.12',
  nameAndOptionalUid: '1.3.6.1.4.1.1466.115.121.1.34',
} as const;
