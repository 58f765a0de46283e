import { Schema } from './schema.ts';

/**
 * The attribute types that directories share, for when no server is there to tell its own: RFC 4512, 4519, 4523, 4524, 4530, 2798, 2307, 3045 and those of password
 * policies. A line is: OID, names, equality, syntax (the last number of RFC 4517's OIDs), and what else holds:
 * `single`, `readonly` (the server alone writes it), `operational`.
 */
const table = `
2.5.4.0 objectClass objectIdentifierMatch 38
2.5.4.1 aliasedObjectName,aliasedEntryName distinguishedNameMatch 12 single
2.5.4.3 cn,commonName caseIgnoreMatch 15
2.5.4.4 sn,surname caseIgnoreMatch 15
2.5.4.5 serialNumber caseIgnoreMatch 44
2.5.4.6 c,countryName caseIgnoreMatch 11 single
2.5.4.7 l,localityName caseIgnoreMatch 15
2.5.4.8 st,stateOrProvinceName caseIgnoreMatch 15
2.5.4.9 street,streetAddress caseIgnoreMatch 15
2.5.4.10 o,organizationName caseIgnoreMatch 15
2.5.4.11 ou,organizationalUnitName caseIgnoreMatch 15
2.5.4.12 title caseIgnoreMatch 15
2.5.4.13 description caseIgnoreMatch 15
2.5.4.14 searchGuide - 25
2.5.4.15 businessCategory caseIgnoreMatch 15
2.5.4.16 postalAddress caseIgnoreListMatch 41
2.5.4.17 postalCode caseIgnoreMatch 15
2.5.4.18 postOfficeBox caseIgnoreMatch 15
2.5.4.19 physicalDeliveryOfficeName caseIgnoreMatch 15
2.5.4.20 telephoneNumber telephoneNumberMatch 50
2.5.4.21 telexNumber - 52
2.5.4.22 teletexTerminalIdentifier - 51
2.5.4.23 facsimileTelephoneNumber,fax - 22
2.5.4.24 x121Address numericStringMatch 36
2.5.4.25 internationalISDNNumber numericStringMatch 36
2.5.4.26 registeredAddress caseIgnoreListMatch 41
2.5.4.27 destinationIndicator caseIgnoreMatch 44
2.5.4.28 preferredDeliveryMethod - 14 single
2.5.4.31 member distinguishedNameMatch 12
2.5.4.32 owner distinguishedNameMatch 12
2.5.4.33 roleOccupant distinguishedNameMatch 12
2.5.4.34 seeAlso distinguishedNameMatch 12
2.5.4.35 userPassword octetStringMatch 40
2.5.4.36 userCertificate certificateExactMatch 8
2.5.4.37 cACertificate certificateExactMatch 8
2.5.4.41 name caseIgnoreMatch 15
2.5.4.42 givenName,gn caseIgnoreMatch 15
2.5.4.43 initials caseIgnoreMatch 15
2.5.4.44 generationQualifier caseIgnoreMatch 15
2.5.4.45 x500UniqueIdentifier bitStringMatch 6
2.5.4.46 dnQualifier caseIgnoreMatch 44
2.5.4.47 enhancedSearchGuide - 21
2.5.4.49 distinguishedName distinguishedNameMatch 12
2.5.4.50 uniqueMember uniqueMemberMatch 34
2.5.4.51 houseIdentifier caseIgnoreMatch 15
0.9.2342.19200300.100.1.1 uid,userid caseIgnoreMatch 15
0.9.2342.19200300.100.1.3 mail,rfc822Mailbox caseIgnoreIA5Match 26
0.9.2342.19200300.100.1.4 info caseIgnoreMatch 15
0.9.2342.19200300.100.1.5 drink,favouriteDrink caseIgnoreMatch 15
0.9.2342.19200300.100.1.6 roomNumber caseIgnoreMatch 15
0.9.2342.19200300.100.1.7 photo - 23
0.9.2342.19200300.100.1.8 userClass caseIgnoreMatch 15
0.9.2342.19200300.100.1.9 host caseIgnoreMatch 15
0.9.2342.19200300.100.1.10 manager distinguishedNameMatch 12
0.9.2342.19200300.100.1.11 documentIdentifier caseIgnoreMatch 15
0.9.2342.19200300.100.1.14 documentAuthor distinguishedNameMatch 12
0.9.2342.19200300.100.1.20 homePhone,homeTelephoneNumber telephoneNumberMatch 50
0.9.2342.19200300.100.1.21 secretary distinguishedNameMatch 12
0.9.2342.19200300.100.1.25 dc,domainComponent caseIgnoreIA5Match 26 single
0.9.2342.19200300.100.1.37 associatedDomain caseIgnoreIA5Match 26
0.9.2342.19200300.100.1.38 associatedName distinguishedNameMatch 12
0.9.2342.19200300.100.1.39 homePostalAddress caseIgnoreListMatch 41
0.9.2342.19200300.100.1.41 mobile,mobileTelephoneNumber telephoneNumberMatch 50
0.9.2342.19200300.100.1.42 pager,pagerTelephoneNumber telephoneNumberMatch 50
0.9.2342.19200300.100.1.43 co,friendlyCountryName caseIgnoreMatch 15
0.9.2342.19200300.100.1.44 uniqueIdentifier caseIgnoreMatch 15
0.9.2342.19200300.100.1.55 audio - 40
0.9.2342.19200300.100.1.60 jpegPhoto - 28
1.3.6.1.4.1.250.1.57 labeledURI caseExactMatch 15
2.16.840.1.113730.3.1.1 carLicense caseIgnoreMatch 15
2.16.840.1.113730.3.1.2 departmentNumber caseIgnoreMatch 15
2.16.840.1.113730.3.1.3 employeeNumber caseIgnoreMatch 15 single
2.16.840.1.113730.3.1.4 employeeType caseIgnoreMatch 15
2.16.840.1.113730.3.1.34 ref caseExactMatch 15
2.16.840.1.113730.3.1.39 preferredLanguage caseIgnoreMatch 15 single
2.16.840.1.113730.3.1.40 userSMIMECertificate - 5
2.16.840.1.113730.3.1.216 userPKCS12 - 5
2.16.840.1.113730.3.1.241 displayName caseIgnoreMatch 15 single
2.16.840.1.113730.3.1.198 memberURL caseExactIA5Match 26
1.3.6.1.1.1.1.0 uidNumber integerMatch 27 single
1.3.6.1.1.1.1.1 gidNumber integerMatch 27 single
1.3.6.1.1.1.1.2 gecos caseIgnoreIA5Match 26 single
1.3.6.1.1.1.1.3 homeDirectory caseExactIA5Match 26 single
1.3.6.1.1.1.1.4 loginShell caseExactIA5Match 26 single
1.3.6.1.1.1.1.12 memberUid caseExactIA5Match 26
2.5.18.1 createTimestamp generalizedTimeMatch 24 single readonly operational
2.5.18.2 modifyTimestamp generalizedTimeMatch 24 single readonly operational
2.5.18.3 creatorsName distinguishedNameMatch 12 single readonly operational
2.5.18.4 modifiersName distinguishedNameMatch 12 single readonly operational
2.5.18.10 subschemaSubentry distinguishedNameMatch 12 single readonly operational
2.5.21.9 structuralObjectClass objectIdentifierMatch 38 single readonly operational
1.3.6.1.1.16.4 entryUUID uuidMatch 1.3.6.1.1.16.1 single readonly operational
1.3.6.1.1.20 entryDN distinguishedNameMatch 12 single readonly operational
1.3.6.1.4.1.42.2.27.8.1.16 pwdChangedTime generalizedTimeMatch 24 single readonly operational
1.3.6.1.4.1.42.2.27.8.1.17 pwdAccountLockedTime generalizedTimeMatch 24 single readonly operational
1.3.6.1.4.1.42.2.27.8.1.19 pwdFailureTime generalizedTimeMatch 24 readonly operational
1.3.6.1.4.1.42.2.27.8.1.20 pwdHistory octetStringMatch 40 readonly operational
1.3.6.1.4.1.42.2.27.8.1.21 pwdGraceUseTime generalizedTimeMatch 24 readonly operational
1.3.6.1.4.1.42.2.27.8.1.22 pwdReset booleanMatch 7 single operational
1.3.6.1.4.1.42.2.27.8.1.23 pwdPolicySubentry distinguishedNameMatch 12 single operational
1.3.6.1.4.1.4203.1.3.4 authPassword authPasswordExactMatch 1.3.6.1.4.1.4203.1.1.2
`;

/** RFC 4519: the types that are derived from `name`. */
const kindsOfName = new Set([3, 4, 6, 7, 8, 10, 11, 12, 42, 43, 44].map((last) => `2.5.4.${last}`));

/** See the table for what it knows; what it does not is compared as a text that ignores case. */
export const standardSchema = new Schema(table.trim().split('\n').map(definitionOf), []);

function definitionOf(line: string): string {
  const [oid = '', names = '', equality = '', syntax = '', ...rest] = line.split(' ');
  const terms = [
    `NAME ( ${names
      .split(',')
      .map((name) => `'${name}'`)
      .join(' ')} )`,
    ...(equality === '-' ? [] : [`EQUALITY ${equality}`]),
    `SYNTAX ${syntax.includes('.') ? syntax : `1.3.6.1.4.1.1466.115.121.1.${syntax}`}`,
    ...(rest.includes('single') ? ['SINGLE-VALUE'] : []),
    ...(rest.includes('readonly') ? ['NO-USER-MODIFICATION'] : []),
    ...(rest.includes('operational') ? ['USAGE directoryOperation'] : []),
    ...(kindsOfName.has(oid) ? ['SUP name'] : []),
  ];
  return `( ${oid} ${terms.join(' ')} )`;
}
