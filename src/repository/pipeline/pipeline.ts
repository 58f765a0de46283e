import { cuttingKey, gearTable, gearTableBytes } from '../sealing/gear-table.ts';
import { cipherScratchBytes } from '../sealing/cipher.ts';
import { joinKeyMaterial } from '../sealing/key-material.ts';
import { gearTablePlace, loadKernels, makeMemory, pageBytes, startKernels, type Kernels } from '../kernels/kernels.ts';
import type { OpenedRepository } from '../open-repository.ts';
import { garbageCollector } from './collect-garbage.ts';
import type { MemoryPart } from './jobs.ts';
import { WorkerPool } from './worker-pool.ts';

export interface PipelineOptions {
  /** Threads; as many as the machine has cores, up to four, unless told. */
  readonly workers?: number | undefined;
  /** Pieces of memory that files are read into, and their size; at least the largest chunk. None for a pipeline that only reads. */
  readonly slabs: number;
  readonly slabBytes: number;
}

/** Workers and the memory that they share: keys, gear table, a scratch place each, slabs. */
export class Pipeline {
  readonly pool: WorkerPool;
  readonly kernels: Kernels;
  readonly memory: Uint8Array;
  readonly slabBytes: number;
  /** To be told of bytes of buffers that this thread let go. */
  readonly letGo = garbageCollector();
  readonly #freeSlabs: number[] = [];
  readonly #waiting: ((slab: number) => void)[] = [];

  constructor({ keys, config }: OpenedRepository, options: PipelineOptions) {
    const count = options.workers ?? Math.max(1, Math.min(4, navigator.hardwareConcurrency));
    const slabsFrom = pageBytes + count * cipherScratchBytes;
    const memory = makeMemory(slabsFrom + options.slabs * options.slabBytes + pageBytes);
    const module = loadKernels();
    this.kernels = startKernels(module, memory);
    this.memory = new Uint8Array(memory.buffer);
    this.memory.set(joinKeyMaterial(keys));
    if (gearTablePlace + gearTableBytes > pageBytes) throw new Error('the gear table does not fit');
    this.memory.set(gearTable(config.cutting ?? cuttingKey(keys, config.id)), gearTablePlace);
    this.slabBytes = options.slabBytes;
    for (let i = 0; i < options.slabs; i += 1) this.#freeSlabs.push(slabsFrom + i * options.slabBytes);
    this.pool = new WorkerPool(
      Array.from({ length: count }, (_, i) => ({ memory, kernels: module, scratch: pageBytes + i * cipherScratchBytes })),
    );
  }

  bytesOf({ at, length }: MemoryPart): Uint8Array {
    return this.memory.subarray(at, at + length);
  }

  /** The place of a slab, once one is free. */
  async takeSlab(): Promise<number> {
    return this.#freeSlabs.pop() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveSlab(slab: number): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#freeSlabs.push(slab);
    else next(slab);
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
