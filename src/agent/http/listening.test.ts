import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import tls from 'node:tls';
import { once } from 'node:events';
import { makeCertificate, type Certificate } from '../../../test/harness/certificates.ts';
import { serveAgent, type ServedAgent } from '../../../test/harness/agent-api.ts';
import { freePort } from '../../../test/harness/free-port.ts';
import { runInProcess } from '../../../test/harness/run-in-process.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { isLoopback, parseListen } from './listening.ts';

const authority = { ...makeCertificate({ commonName: 'test authority', isAuthority: true }), commonName: 'test authority' };
const certificate = (commonName: string, hosts = ['127.0.0.1', 'localhost']): Certificate =>
  makeCertificate({ commonName, hosts, issuer: authority });

async function withTls(commonName: string, hosts?: string[], listen = '127.0.0.1:0') {
  const folder = await temporaryFolder('api-tls');
  const files = { certificateFile: `${folder.path}/tls.crt`, keyFile: `${folder.path}/tls.key`, caFile: `${folder.path}/ca.crt` };
  const write = async (pair: Certificate): Promise<void> => {
    await writeFile(files.certificateFile, pair.certificatePem);
    await writeFile(files.keyFile, pair.privateKeyPem);
  };
  await write(certificate(commonName, hosts));
  await writeFile(files.caFile, authority.certificatePem);
  const served = await serveAgent({ config: { listen, tls: { certificateFile: files.certificateFile, keyFile: files.keyFile } } });
  return {
    served,
    files,
    write,
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

/** The name in the certificate that is shown now, and the version of TLS. */
async function shown(served: ServedAgent, options: tls.ConnectionOptions = {}): Promise<readonly [unknown, unknown]> {
  const port = Number(new URL(served.api.address).port);
  const socket = tls.connect({ host: '127.0.0.1', port, ca: authority.certificatePem, ...options });
  await once(socket, 'secureConnect');
  const told = [socket.getPeerCertificate().subject.CN, socket.getProtocol()] as const;
  socket.destroy();
  return told;
}

describe('TLS of the API', () => {
  test('is 1.2 or newer', async () => {
    await using place = await withTls('first');

    assert.deepEqual(await shown(place.served), ['first', 'TLSv1.3']);
    assert.deepEqual(await shown(place.served, { maxVersion: 'TLSv1.2' }), ['first', 'TLSv1.2']);
    await assert.rejects(shown(place.served, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }));
  });

  test('shows a renewed certificate from the next connection on, and keeps the one before where the new pair does not fit', async () => {
    await using place = await withTls('first');
    assert.equal((await shown(place.served))[0], 'first');

    const second = certificate('second');
    await writeFile(place.files.certificateFile, second.certificatePem);
    assert.equal((await shown(place.served))[0], 'first', 'the key is still that of the first');
    await writeFile(place.files.keyFile, second.privateKeyPem);

    assert.equal((await shown(place.served))[0], 'second');
    assert.ok(place.served.log.some((line) => line.startsWith('warn the new certificate cannot be used, the one before stays')));
  });

  test('does not begin with a pair that does not fit, or half of one', async () => {
    await using folder = await temporaryFolder('api-tls');
    const [certificateFile, keyFile] = [`${folder.path}/tls.crt`, `${folder.path}/tls.key`];
    await writeFile(certificateFile, certificate('a').certificatePem);
    await writeFile(keyFile, certificate('b').privateKeyPem);

    await assert.rejects(serveAgent({ config: { tls: { certificateFile, keyFile } } }), {
      code: 'E_AGENT_TLS',
      exitCode: 2,
      message: /^Cannot serve TLS with .*tls\.crt and .*tls\.key: .*key values mismatch$/,
    });
    await assert.rejects(serveAgent({ config: { tls: { certificateFile, keyFile: undefined } } }), {
      code: 'E_USAGE',
      message: 'Cannot serve TLS: agent.tls.certificateFile is set, and agent.tls.keyFile is not',
    });
  });

  test('is trusted by clients through agent.caFile, and not otherwise', async () => {
    await using place = await withTls('ds-0');
    const token = { ROOTCELLAR_AGENT: place.served.api.address, ROOTCELLAR_AGENT_TOKEN_FILE: place.served.tokenFile('viewer') };

    const trusted = await runInProcess(['list'], { environment: { ...token, ROOTCELLAR_AGENT_CA_FILE: place.files.caFile } });
    const stranger = await runInProcess(['list'], { environment: token });

    assert.equal(trusted.exitCode, 0, trusted.errorOutput);
    assert.equal(stranger.exitCode, 1);
    assert.match(stranger.errorOutput, /Cannot reach the agent at https:.*\n {2}→ name the certificates to trust with agent\.caFile/);
  });

  test('is trusted beside the agent by its certificate, whatever name that has; another one is not', async () => {
    const port = await freePort();
    await using place = await withTls('ds-0.ds', ['ds-0.ds'], `127.0.0.1:${port}`);
    const environment = {
      ROOTCELLAR_AGENT_LISTEN: `0.0.0.0:${port}`,
      ROOTCELLAR_AGENT_TLS_CERTIFICATE_FILE: place.files.certificateFile,
      ROOTCELLAR_AGENT_TLS_KEY_FILE: place.files.keyFile,
      ROOTCELLAR_AGENT_TOKENS_OPERATOR_FILE: place.served.tokenFile('operator'),
    };
    const other = `${place.files.caFile}.other`;
    await writeFile(other, certificate('ds-0.ds', ['ds-0.ds']).certificatePem);

    const known = await runInProcess(['trigger', 'backup'], { environment });
    const unknown = await runInProcess(['trigger', 'backup'], {
      environment: { ...environment, ROOTCELLAR_AGENT_TLS_CERTIFICATE_FILE: other },
    });

    assert.equal(known.exitCode, 0, known.errorOutput);
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.errorOutput, /^rootcellar: Cannot reach the agent at https:/);
  });
});

test('parseListen() reads addresses of both kinds, and refuses a port that is none', () => {
  assert.deepEqual(parseListen('127.0.0.1:7373'), { host: '127.0.0.1', port: 7373 });
  assert.deepEqual(parseListen('[::1]:0'), { host: '::1', port: 0 });
  assert.throws(() => parseListen('127.0.0.1:70000'), { code: 'E_USAGE' });
});

test('isLoopback() takes only what nobody else reaches', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LocalHost']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'localhost.evil', '1270.0.0.1', ''])
    assert.ok(!isLoopback(host), host);
});
