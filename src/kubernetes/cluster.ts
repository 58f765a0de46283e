import { access } from 'node:fs/promises';
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { interrupted, messageOf } from '../foundation/failure.ts';
import { type Asked, refusalOf, unreachable, wrongConfiguration } from './kubernetes-failures.ts';

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const answerMilliseconds = 30_000;
const mostAnswerBytes = 8 * 1024 * 1024;

type IdentifiedRequest = Omit<RequestOptions, 'headers'> & { readonly headers: OutgoingHttpHeaders };

/** The API server of one cluster, and who we are there. */
export class Cluster {
  /** `https://10.0.0.1:443` */
  readonly url: string;
  /** Of the service account or the kubeconfig's context. */
  readonly ownNamespace: string;
  readonly #config: KubeConfig;

  private constructor(config: KubeConfig, url: string) {
    this.#config = config;
    this.url = url.replace(/\/+$/, '');
    const namespace = config.getContextObject(config.getCurrentContext())?.namespace?.trim();
    this.ownNamespace = namespace === undefined || namespace === '' ? 'default' : namespace;
  }

  /**
   * By a kubeconfig file, or as the service account of the pod that this runs in. Nothing is asked of the cluster yet.
   *
   * @throws Failure E_KUBERNETES_CONFIG (exit code 2)
   */
  static async connect(kubeconfig: string | undefined): Promise<Cluster> {
    const { KubeConfig: Loaded } = await import('@kubernetes/client-node/dist/config.js');
    const config = new Loaded();
    if (kubeconfig === undefined) {
      await access(serviceAccountToken).catch((error: unknown) => {
        throw wrongConfiguration(
          'this is no pod with the token of a service account',
          'set kubernetes.kubeconfig, or run in the cluster',
          error,
        );
      });
      config.loadFromCluster();
    } else {
      try {
        config.loadFromFile(kubeconfig);
      } catch (error) {
        throw wrongConfiguration(
          `${kubeconfig} cannot be read: ${messageOf(error)}`,
          'set kubernetes.kubeconfig to a kubeconfig file',
          error,
        );
      }
    }
    const cluster = config.getCurrentCluster();
    if (cluster === null || !/^https?:\/\//.test(cluster.server)) {
      throw wrongConfiguration(`${kubeconfig ?? 'the environment'} names no cluster`, 'name one by current-context in the kubeconfig');
    }
    return new Cluster(config, cluster.server);
  }

  /** What Node needs to be told for a request: certificates and the header that says who we are; tokens are read anew at times. */
  async requestOptions(attempt: string): Promise<IdentifiedRequest> {
    const options: IdentifiedRequest = { headers: {} };
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (error) {
      throw wrongConfiguration(
        `the credentials for ${this.url} cannot be had to ${attempt}: ${messageOf(error)}`,
        'see that the files and the program that the kubeconfig names are there',
        error,
      );
    }
    return options;
  }

  /** The parsed answer to a GET, or to a POST where there is a body. */
  async ask(
    path: string,
    asked: Omit<Asked, 'url'>,
    { body, signal }: { body?: unknown; signal?: AbortSignal | undefined } = {},
  ): Promise<unknown> {
    const options = await this.requestOptions(asked.attempt);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { status, answer } = await this.#exchange(`${this.url}${path}`, options, text, signal).catch((error: unknown) => {
      if (signal?.aborted === true) throw interrupted(`The attempt to ${asked.attempt}`);
      throw unreachable(asked.attempt, this.url, error);
    });
    if (status < 200 || status > 299) throw refusalOf(status, answer, { ...asked, url: this.url });
    try {
      return JSON.parse(answer);
    } catch (error) {
      throw unreachable(asked.attempt, this.url, error);
    }
  }

  #exchange(
    url: string,
    options: IdentifiedRequest,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly status: number; readonly answer: string }> {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const bounded = AbortSignal.any([AbortSignal.timeout(answerMilliseconds), ...(signal === undefined ? [] : [signal])]);
    return new Promise((resolve, reject) => {
      const headers = { ...options.headers, accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) };
      const asking = request(url, { ...options, headers, method: body === undefined ? 'GET' : 'POST', signal: bounded }, (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          pieces.push(piece);
          bytes += piece.length;
          if (bytes > mostAnswerBytes) response.destroy(new Error('the answer is too long'));
        });
        response.once('error', reject);
        response.once('end', () => resolve({ status: response.statusCode ?? 0, answer: Buffer.concat(pieces).toString('utf8') }));
      });
      asking.once('error', reject);
      asking.end(body);
    });
  }
}
