import path from 'node:path';
import { opendjSetup } from '../opendj-template.ts';
import type { Cluster } from './cluster.ts';
import { opendjPlace, opendjPodPorts } from './opendj-image.ts';

export interface LdapWork {
  readonly url: string;
  readonly bindDn: string;
  readonly password: string;
  readonly add?: readonly { readonly dn: string; readonly attributes: Readonly<Record<string, string | string[]>> }[];
  readonly remove?: readonly string[];
  readonly search?: { readonly base: string; readonly filter: string; readonly attributes?: string[] };
}

type FoundEntry = Readonly<Record<string, unknown>> & { readonly dn: string };

/** Does this at the server of the pod (`ds-0`) as the directory manager, and resolves to the entries that a search finds. */
export async function askDirectory(
  cluster: Cluster,
  pod: string,
  work: Pick<LdapWork, 'add' | 'remove' | 'search'>,
): Promise<readonly FoundEntry[]> {
  const { namespace } = opendjPlace;
  const address = await cluster.kubectl(['get', 'pod', pod, '--namespace', namespace, '--output', 'jsonpath={.status.podIP}']);
  const whole: LdapWork = {
    url: `ldap://${address}:${opendjPodPorts.ldap}`,
    bindDn: opendjSetup.bindDn,
    password: opendjSetup.password,
    ...work,
  };
  const script = path.join(import.meta.dirname, 'ldap-in-cluster.ts');
  const { exitCode, stdout, stderr } = await cluster.run(process.execPath, [script], { stdin: JSON.stringify(whole) });
  if (exitCode !== 0) throw new Error(`LDAP at ${pod} failed: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as readonly FoundEntry[];
}

/** Entries at and below the base DN of the pod's server. */
export async function countEntries(cluster: Cluster, pod: string): Promise<number> {
  const search = { base: opendjSetup.baseDn, filter: '(objectClass=*)', attributes: ['1.1'] };
  return (await askDirectory(cluster, pod, { search })).length;
}
