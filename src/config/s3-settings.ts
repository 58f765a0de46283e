import { z } from 'zod';
import { choice, count, duration, names, optionalSize, path, size, text, textOrDefault } from './setting-kinds.ts';

/** Which store it is; a second one has all of these of its own. */
export const s3Place = {
  endpoint: text(
    {
      description: 'address of an S3 server other than AWS; otherwise AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile says it',
      expected: `an http:// or https:// address without a user or password inside`,
      example: 'https://s3.example.com',
      placeholder: 'URL',
    },
    /^https?:\/\/[^\s@/?#]+(\/[^\s@?#]*)?$/,
  ),
  region: text(
    {
      description: "region of the bucket; otherwise AWS_REGION or the profile's",
      expected: 'the name of a region',
      example: 'eu-central-1',
      placeholder: 'REGION',
    },
    /^[a-z0-9-]+$/i,
  ),
  profile: text({
    description: 'profile of the AWS configuration that has the credentials; otherwise AWS_PROFILE, and what else the AWS SDK looks up',
    expected: 'the name of a profile',
    example: 'backups',
    placeholder: 'NAME',
  }),
  pathStyle: choice(['auto', 'true', 'false'], 'auto', {
    description: 'put the bucket into the path of the address; auto does so when an endpoint is set',
  }),
  caFile: path({
    description: 'PEM file of the certificates to trust for the S3 server beside the usual ones; otherwise AWS_CA_BUNDLE',
    example: '/etc/ssl/private-ca.pem',
  }),
  storageClass: text(
    {
      description: "storage class of new objects; otherwise the bucket's default",
      expected: 'a storage class such as STANDARD_IA',
      example: 'STANDARD_IA',
      placeholder: 'CLASS',
    },
    /^[A-Z0-9_]+$/,
  ),
  encryption: choice(['none', 'AES256', 'aws:kms'], 'none', {
    description: 'server-side encryption asked for with each object, which fails when it is not confirmed; none leaves it to the bucket',
    example: 'AES256',
  }),
  kmsKeyId: text({
    description: "key for the encryption aws:kms; otherwise the account's default key",
    example: 'arn:aws:kms:eu-central-1:111122223333:key/example',
    placeholder: 'KEY',
  }),
  checksums: choice(['auto', 'when-supported', 'when-required'], 'auto', {
    description: 'when to send checksums beside the data; auto finds out what the server understands',
  }),
};

/** The archive's store, and how to work with it. */
export const s3Settings = z.strictObject({
  ...s3Place,
  requestTimeout: duration('60s', { description: 'how long one request may be silent before it is tried again', example: '30s' }),
  attempts: count(1, 100, 8, { description: 'calls in all, the first one included, before a request fails', example: '5' }),
  maxBytesPerSecond: optionalSize({ description: 'limit of the transfer in each direction, a second', example: '20MiB' }),
  rateWindows: names(
    {
      description: 'other limits by the time of the day, in place of s3.maxBytesPerSecond; the first that fits counts',
      expected: 'a list of windows such as "08:00-18:00=20MiB", "mon-fri 22:00-06:00=5MiB" or "sat 00:00-24:00=none"',
      example: 'mon-fri 08:00-18:00=20MiB',
      placeholder: 'WINDOW,…',
    },
    // What is in a window is told by check-together.ts, which names the one that is wrong.
    /^[^,\p{Cc}]+$/u,
  ),
  rateTimeZone: textOrDefault(
    'UTC',
    {
      description: 'time zone of s3.rateWindows',
      expected: 'a time zone of the IANA database such as Europe/Berlin',
      example: 'Europe/Berlin',
      placeholder: 'ZONE',
    },
    /^[A-Za-z][A-Za-z0-9_+/-]*$/,
  ),
  partSize: size('8MiB', { description: 'size of the parts of a large upload', example: '16MiB' }),
  concurrency: count(1, 64, 4, { description: 'parts or objects under way at the same time', example: '8' }),
});
