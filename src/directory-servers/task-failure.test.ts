import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contradictsSuccess, taskFailure } from './task-failure.ts';

const line = (severity: string, text: string): string =>
  `[26/Nov/2026:18:50:12 +0000] severity="${severity}" msgCount=3 msgID=org.opends.messages.tool-280 message="${text}"`;
const monitor = line(
  'ERROR',
  'The Directory Server could not register a JMX MBean for the component associated with configuration entry cn=Directory server DS(14784) null:0,cn=dc_example_dc_com,cn=Replication,cn=monitor: javax.management.InstanceAlreadyExistsException: org.opends.server:Name=rootDSE',
);
const locked = line('ERROR', 'The Directory Server was unable to acquire an exclusive lock for backend userRoot');
const request = { kind: 'restore', backend: 'userRoot', folder: '/b', backupId: '1' } as const;

test('contradictsSuccess() knows an error of the task from what the server says of its monitoring meanwhile', () => {
  assert.equal(contradictsSuccess([line('NOTICE', 'Restored file: a')]), false);
  assert.equal(contradictsSuccess([locked]), true);
  assert.equal(contradictsSuccess([monitor]), false);
  assert.equal(contradictsSuccess([monitor, locked]), true);
});

test('taskFailure() has the words of the task, not those about monitoring that came after them', () => {
  const words = (...log: readonly string[]): string => taskFailure(request, { state: 'stopped by error', log }).message;

  assert.match(
    words(locked, monitor),
    /: the server says "The Directory Server was unable to acquire an exclusive lock for backend userRoot"$/,
  );
  assert.match(words(monitor), /: the server's task ended as "stopped by error"$/);
});
