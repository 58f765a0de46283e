import { z } from 'zod';
import { duration, path, text } from './setting-kinds.ts';

const httpExpected = 'an http:// or https:// address without a user or password inside';
/** For addresses of services to which something is sent. */
export const httpAddress = /^https?:\/\/[^\s@/?#]+(\/[^\s@#]*)?$/i;

/** Where an agent sends its metrics, beside `/metrics` of its own API. */
export const metricsSettings = z.strictObject({
  pushGateway: text(
    {
      description: 'address of a Prometheus Pushgateway to push the metrics to',
      expected: httpExpected,
      example: 'https://pushgateway.example.com',
      placeholder: 'URL',
    },
    httpAddress,
  ),
  pushGatewayTokenFile: path({
    description: 'file that holds the bearer token for the Pushgateway',
    example: '/run/secrets/rootcellar/push-token',
    isSecretFile: true,
  }),
  otlp: text(
    {
      description: 'address to send the metrics to by OTLP over HTTP, with its path',
      expected: httpExpected,
      example: 'http://otel-collector:4318/v1/metrics',
      placeholder: 'URL',
    },
    httpAddress,
  ),
  otlpTokenFile: path({
    description: 'file that holds the bearer token for the receiver of OTLP',
    example: '/run/secrets/rootcellar/otlp-token',
    isSecretFile: true,
  }),
  caFile: path({
    description: 'PEM file of the certificates to trust for both, beside the usual ones',
    example: '/etc/ssl/private-ca.pem',
  }),
  interval: duration('60s', { description: 'how often the metrics are pushed and sent', example: '30s' }),
});
