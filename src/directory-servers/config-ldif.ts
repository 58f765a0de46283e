import { type ConfiguredBackend, configuredBackend } from './read-backends.ts';

/** What a stopped server's `config/config.ldif` tells. */
export interface ConfigFile {
  readonly backends: readonly ConfiguredBackend[];
  /** Base DNs of the replication domains. */
  readonly replicatedBaseDns: readonly string[];
  /** Ports of the enabled connection handlers. */
  readonly listenPorts: readonly number[];
}

/** Reads the text of a `config.ldif`: LDIF (RFC 2849) as the server writes it. */
export function readConfigLdif(text: string): ConfigFile {
  const entries = text
    .replaceAll(/\r?\n /g, '')
    .split(/(?:\r?\n){2,}/)
    .map(readEntry);
  const ofClass = (name: RegExp): readonly Values[] => entries.filter((values) => values('objectClass').some((value) => name.test(value)));
  const isEnabled = (values: Values): boolean => values('ds-cfg-enabled')[0]?.toLowerCase() !== 'false';
  return {
    backends: entries
      .filter((values) => values('ds-cfg-backend-id').length > 0)
      .filter(isBackend)
      .map(configuredBackend),
    replicatedBaseDns: ofClass(/^ds-cfg-replication-domain$/i).flatMap((values) => values('ds-cfg-base-dn')),
    listenPorts: entries
      .filter(isEnabled)
      .flatMap((values) => values('ds-cfg-listen-port'))
      .map(Number),
  };
}

type Values = (attribute: string) => readonly string[];

function isBackend(values: Values): boolean {
  return values('objectClass').some((name) => /^ds-cfg-.*backend$/i.test(name)) && values('ds-cfg-base-dn').length > 0;
}

function readEntry(block: string): Values {
  const attributes = new Map<string, string[]>();
  for (const line of block.split(/\r?\n/)) {
    const [, name, encoded, value] = /^([^:#\s][^:]*):(:?)\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const list = attributes.get(name.toLowerCase()) ?? [];
    list.push(encoded === ':' ? Buffer.from(value, 'base64').toString() : value);
    attributes.set(name.toLowerCase(), list);
  }
  return (attribute) => attributes.get(attribute.toLowerCase()) ?? [];
}
