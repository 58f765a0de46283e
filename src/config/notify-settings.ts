import { z } from 'zod';
import { httpAddress } from './metrics-settings.ts';
import { duration, names, path, text } from './setting-kinds.ts';

const mailExpected = 'an address such as backups@example.com';
const mailAddress = /^[^\s@,<>"]+@[^\s@,<>"]+$/;

/** Whom an agent tells that a run failed, or that it goes well again. */
export const notifySettings = z.strictObject({
  slackUrlFile: path({
    description: 'file that holds the address of a Slack incoming webhook, which is a secret',
    example: '/run/secrets/rootcellar/slack-url',
    isSecretFile: true,
  }),
  webhook: text(
    {
      description: 'address to which each notification is posted as JSON',
      expected: 'an http:// or https:// address without a user or password inside',
      example: 'https://hooks.example.com/backups',
      placeholder: 'URL',
    },
    httpAddress,
  ),
  webhookTokenFile: path({
    description: 'file that holds the bearer token for that address',
    example: '/run/secrets/rootcellar/webhook-token',
    isSecretFile: true,
  }),
  mail: z
    .strictObject({
      server: text(
        {
          description: 'mail server; smtp:// turns to TLS where the server offers it, and must do so before a password is sent',
          expected: 'an smtp:// or smtps:// address without a user or password inside',
          example: 'smtps://mail.example.com',
          placeholder: 'URL',
        },
        /^smtps?:\/\/[^\s@/?#:]+(:\d{1,5})?\/?$/i,
      ),
      from: text(
        { description: 'sender of the mails', expected: mailExpected, example: 'rootcellar@example.com', placeholder: 'ADDRESS' },
        mailAddress,
      ),
      to: names(
        {
          description: 'who gets the mails',
          expected: 'a list of addresses such as backups@example.com',
          example: 'backups@example.com,directory@example.com',
          placeholder: 'ADDRESS,…',
        },
        mailAddress,
      ),
      user: text({ description: 'user at the mail server', expected: 'a name', example: 'rootcellar', placeholder: 'NAME' }),
      passwordFile: path({
        description: "file that holds that user's password",
        example: '/run/secrets/rootcellar/mail-password',
        isSecretFile: true,
      }),
      caFile: path({
        description: 'PEM file of the certificates to trust for the mail server, in place of the usual ones',
        example: '/etc/ssl/private-ca.pem',
      }),
    })
    .prefault({}),
  pingFile: path({
    description:
      'file with a line "JOB URL" for each job whose runs are told to a dead-man switch such as Healthchecks; the addresses are secrets',
    example: '/run/secrets/rootcellar/pings',
    isSecretFile: true,
  }),
  caFile: path({
    description: 'PEM file of the certificates to trust for Slack, the webhook and the pings, beside the usual ones',
    example: '/etc/ssl/private-ca.pem',
  }),
  repeat: duration('1d', {
    description: 'a job that goes on failing is told again at most so often; what is new is told at once',
    example: '12h',
  }),
});
