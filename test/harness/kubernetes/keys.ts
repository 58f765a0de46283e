import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Certificate, makeCertificate } from '../certificates.ts';

/** Who speaks to the API server, with the group that makes it who it is. */
const users = {
  admin: { commonName: 'admin', organization: 'system:masters' },
  'controller-manager': { commonName: 'system:kube-controller-manager' },
  scheduler: { commonName: 'system:kube-scheduler' },
  kubelet: { commonName: 'system:node:node', organization: 'system:nodes' },
  proxy: { commonName: 'system:kube-proxy' },
} as const;

/**
 * Writes the cluster's authority, certificates, the key of its service account tokens and a `NAME.kubeconfig` for each user into the folder and
 * its subfolder `pki`.
 */
export async function writeKeys(folder: string, address: string): Promise<void> {
  const pki = path.join(folder, 'pki');
  await mkdir(pki);
  const write = (name: string, text: string): Promise<void> => writeFile(path.join(pki, name), text, { mode: 0o600 });
  const commonName = 'rootcellar test cluster';
  const authority = { ...makeCertificate({ commonName, isAuthority: true }), commonName };
  await write('ca.crt', authority.certificatePem);
  const server = makeCertificate({ commonName: 'kube-apiserver', hosts: serverNames(address), issuer: authority });
  // The whole chain: who reads the issuer's keys compares the thumbprint of its last certificate.
  await write('apiserver.crt', server.certificatePem + authority.certificatePem);
  await write('apiserver.key', server.privateKeyPem);
  const tokens = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await write('sa.key', tokens.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  await write('sa.pub', tokens.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  for (const [name, subject] of Object.entries(users)) {
    const own = makeCertificate({ ...subject, issuer: authority });
    await write(`${name}.crt`, own.certificatePem);
    await write(`${name}.key`, own.privateKeyPem);
    await writeFile(path.join(folder, `${name}.kubeconfig`), kubeconfig({ name, address, authority, own }), { mode: 0o600 });
  }
}

function serverNames(address: string): string[] {
  const service = ['kubernetes', 'default', 'svc', 'cluster', 'local'];
  return ['localhost', ...[1, 2, 3, 5].map((parts) => service.slice(0, parts).join('.')), '127.0.0.1', '10.0.0.1', address];
}

interface Access {
  readonly name: string;
  readonly address: string;
  readonly authority: Certificate;
  readonly own: Certificate;
}

/** Whole in itself: it may be given to a pod. */
function kubeconfig({ name, address, authority, own }: Access): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const cluster = { server: `https://${address}`, 'certificate-authority-data': base64(authority.certificatePem) };
  const user = { 'client-certificate-data': base64(own.certificatePem), 'client-key-data': base64(own.privateKeyPem) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name, user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
    'current-context': 'test',
  });
}
