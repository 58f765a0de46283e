import type { Manifest } from '../domain/manifest.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { DirectoryServer, Product } from './directory-server.ts';

/**
 * The port to new servers: each made from an installation of the product in a folder of its own, for a drill that is over in minutes or for
 * a rebuild that stays. Calls reject with a `Failure`: E_INSTALLATION (nothing usable is at the path), E_SERVER_MISMATCH, E_SCRATCH_SETUP,
 * E_SCRATCH_START (the server's program ended badly, with its last words; or a port is taken), E_DISK_FULL, E_INTERRUPTED.
 */
export interface ScratchServers {
  /** What lies at `place`: a folder or a zip archive, as the product is published. Changes nothing. */
  inspect(place: string, options?: OperationContext): Promise<Installation>;

  /**
   * Takes the folder for this process, and makes it where it is not there. What a process left there that is dead now goes first, its server
   * too. A folder that holds anything else is refused.
   *
   * @throws Failure E_USAGE when it is not empty, E_BUSY (exit code 11) when another process that lives has it
   */
  claim(folder: string, options?: OperationContext): Promise<void>;

  /** Claims a folder of a new name below `parent`, which is made where it is not there; resolves to its path. */
  claimNew(parent: string, options?: OperationContext): Promise<string>;

  /** Removes what killed drills left below `parent`: their servers by their process IDs, then their folders. Resolves to the names of the folders. */
  sweep(parent: string, options?: OperationContext): Promise<readonly string[]>;

  /**
   * Looks before the work whether a server can have these ports on loopback and on the address that it will listen on.
   *
   * @throws Failure E_SCRATCH_START that names the first which is taken
   */
  assertFree(ports: ServerPorts, address: string): Promise<void>;

  /**
   * Sets up and starts a server below a claimed folder: the schema of the set first, then its backends, empty and without users. It listens on
   * 127.0.0.1 alone. What fails leaves no process; the folder is the caller's to remove.
   */
  make(request: ScratchRequest, options?: OperationContext): Promise<ScratchServer>;

  /** Leaves the folder as it is: it is nobody's from now on, and no later drill removes it. */
  release(folder: string): Promise<void>;

  /** Ends every process that was started for the folder, and removes it. Resolves only when none is left. */
  remove(folder: string): Promise<void>;
}

export interface Installation {
  readonly place: string;
  readonly kind: 'folder' | 'zip';
  readonly product: Product;
  /** Digits and dots only: `5.0.3`. */
  readonly version: string;
  /** What it takes unpacked. */
  readonly bytes: number;
}

export interface ScratchRequest {
  readonly installation: Installation;
  /** Claimed already; all that is made lies below it. */
  readonly folder: string;
  /** What the server is made for. */
  readonly manifest: Manifest;
  /** The files of the set, fetched. */
  readonly setFolder: string;
  /** Bound of the server's memory; the product's own where it is undefined. */
  readonly heapBytes: number | undefined;
  /** Passphrase of the set's encryption-settings export (PingDirectory). */
  readonly encryptionPinFile?: string | undefined;
  /** Names for the certificate beside localhost. */
  readonly hostNames: readonly string[];
  /** Ports of a server that stays; free ones where undefined. */
  readonly ports?: ServerPorts | undefined;
  /** A file with the password of the root account; where undefined a random one is made in the folder. */
  readonly rootPasswordFile?: string | undefined;
}

export interface ServerPorts {
  readonly ldap: number;
  readonly ldaps: number;
  /** OpenDJ: its administration port; PingDirectory: HTTPS. */
  readonly administration: number;
}

/** A server of ours that runs. */
export interface ScratchServer {
  /** Root folder of the server: its `bin` and `config`. */
  readonly home: string;
  readonly processId: number;
  /** `ldaps://127.0.0.1:PORT`. */
  readonly url: string;
  readonly ports: ServerPorts;
  readonly bindDn: string;
  readonly passwordFile: string;
  /** PEM of its own certificate. */
  readonly caFile: string;
  /** For tasks, counts and the rest. */
  readonly server: DirectoryServer;
  /** Entries as the root account sees them; none where the base is absent. */
  search(request: EntrySearch, options?: OperationContext): Promise<readonly FoundEntry[]>;
  /** Stops it, has it listen on `address` from now on, and starts it again with the same ports. */
  listenOn(address: string, options?: OperationContext): Promise<void>;
  /** Has it shut down, and resolves when its process is gone. */
  stop(): Promise<void>;
  /** Closes our connections; the server runs on. */
  disconnect(): Promise<void>;
}

export interface EntrySearch {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: string;
  readonly attributes: readonly string[];
}

export interface FoundEntry {
  readonly dn: string;
  values(attribute: string): readonly string[];
}
