import { readFileSync } from 'node:fs';

/** What `kernels/` is compiled to. Places are offsets in the memory that the instance was started with. */
export interface Kernels {
  readonly memory: WebAssembly.Memory;
  /** See `kernels/gear.ts`; the gear table lies at {@link gearTablePlace}. */
  cut(data: number, length: number, min: number, normal: number, max: number, strict: bigint, loose: bigint): number;
  /** See `kernels/poly1305.ts`; one message at a time. */
  polyBegin(key: number): void;
  polyUpdate(data: number, length: number): void;
  polyEnd(tag: number): void;
}

export const pageBytes = 65_536;

/** As compiled into `kernels/gear.ts`. */
export const gearTablePlace = 4096;

/** The compiled code; may be posted to workers. */
export function loadKernels(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
}

export function makeMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / pageBytes);
  // The compiled code names this maximum, and a shared memory must have one; only what is used is taken.
  return new WebAssembly.Memory({ initial: pages, maximum: 16_384, shared: true });
}

export function startKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { memory, ...exports } as unknown as Kernels;
}
