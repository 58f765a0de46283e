import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOf } from './kubernetes-failures.ts';

const asked = { attempt: 'make the folder /tmp/x', namespace: 'directory', pod: 'ds-0', url: 'https://10.0.0.1:443' };
const said = (code: number, message: string) => {
  const { code: failure, message: sentence, retry } = refusalOf(code, JSON.stringify({ kind: 'Status', message }), asked);
  return { failure, sentence, retry };
};

// The sentences of Kubernetes 1.37.
test('refusalOf() tells what an answer of the API server means', () => {
  const denied =
    'pods "ds-0" is forbidden: User "system:serviceaccount:directory:agent" cannot get resource "pods/exec" in API group "" in the namespace "directory"';
  assert.deepEqual(said(403, denied), {
    failure: 'E_KUBERNETES_DENIED',
    sentence: 'Cannot make the folder /tmp/x: system:serviceaccount:directory:agent may not get pods/exec in the namespace "directory"',
    retry: 'never',
  });
  assert.equal(
    said(403, 'pods "ds-0" is forbidden: ').sentence,
    'Cannot make the folder /tmp/x: this account may not create pods/exec in the namespace "directory"',
  );
  assert.equal(said(403, 'no').sentence, 'Cannot make the folder /tmp/x: the Kubernetes API refuses it ("no")');
  assert.equal(said(401, 'Unauthorized').failure, 'E_KUBERNETES_CREDENTIALS');
  assert.equal(
    said(404, 'pods "ds-0" not found').sentence,
    'Cannot make the folder /tmp/x: the pod "ds-0" in the namespace "directory" cannot be used: there is no such pod',
  );
  assert.equal(
    said(500, 'cannot exec into a container in a completed pod; current phase is Succeeded').failure,
    'E_KUBERNETES_POD_MISSING',
  );
  assert.equal(said(400, 'pod ds-0 does not have a host assigned').failure, 'E_KUBERNETES_POD_MISSING');
  assert.equal(said(400, 'container x is not valid for pod ds-0').failure, 'E_KUBERNETES_CONTAINER_MISSING');
  assert.equal(said(500, 'unable to upgrade connection: container not found ("x")').failure, 'E_KUBERNETES_CONTAINER_MISSING');
});

test('refusalOf() advises to try again what may pass', () => {
  assert.deepEqual(said(500, 'error dialing backend: dial tcp: connection refused'), {
    failure: 'E_KUBERNETES_UNREACHABLE',
    sentence:
      'Cannot make the folder /tmp/x: the Kubernetes API at https://10.0.0.1:443 answers 500 ("error dialing backend: dial tcp: connection refused")',
    retry: 'later',
  });
  assert.equal(said(429, 'too many requests').retry, 'later');
  assert.equal(said(404, 'the server could not find the requested resource').retry, 'never');
  assert.match(refusalOf(502, '<html>\n bad gateway</html>', asked).message, /answers 502 \("<html> bad gateway<\/html>"\)$/);
});
