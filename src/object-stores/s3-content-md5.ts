import { createHash } from 'node:crypto';

/** Where {@link withContentMd5} belongs in the middleware stack of a command. */
export const contentMd5Place = { step: 'build', priority: 'low', name: 'rootcellarContentMd5' } as const;

/** Older stores insist on Content-MD5 where a request has an XML body, and refuse the CRC32 that the SDK always sends there. */
export function withContentMd5<Arguments extends { readonly request: unknown }, Result>(next: (args: Arguments) => Promise<Result>) {
  return async (args: Arguments): Promise<Result> => {
    const request = args.request as { readonly headers: Record<string, string>; readonly body: unknown };
    for (const name of Object.keys(request.headers)) {
      if (/^x-amz-(sdk-)?checksum-/.test(name)) delete request.headers[name];
    }
    request.headers['content-md5'] = createHash('md5').update(String(request.body)).digest('base64');
    return next(args);
  };
}
