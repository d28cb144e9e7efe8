import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NecoError, serverName, toNecoError } from '@neco/core';
import { cacheDirectory } from '../../lib/cache.ts';
import { withFileLock } from '../../lib/with-file-lock.ts';
import { largestLrn } from './server/address-plan.ts';
import { baseImage } from './image/base-image.ts';
import { startCapture, type Capture } from './host/capture.ts';
import { cachedLayers } from './disks/cached-layers.ts';
import { ControlGroup } from './host/control-group.ts';
import { depotRepository } from './depot-repository.ts';
import { Disk, unmountBelow, type DiskFile } from './host/disk.ts';
import { installNeco } from './cluster/install-neco.ts';
import { Network } from './host/network.ts';
import { raiseLimits } from './host/raise-limits.ts';
import { checkRequirements } from './host/requirements.ts';
import { throwIfStopped } from './host/run.ts';
import { Server } from './server/server.ts';
import { depotFiles, depotSourceFiles, identityFiles, siteFile } from './server/server-files.ts';
import { slowLink, type SlowLink } from './host/slow-link.ts';
import { together } from './host/together.ts';
import { setUpCluster } from './cluster/set-up-cluster.ts';
import { defaultSuite, inTurn, type Suite } from './image/suites.ts';
import { untilHealthy } from './cluster/until-healthy.ts';
import { lockFile, readState, removeState, stateNames, writeState, type State } from './state.ts';

export interface UpOptions {
  /** Lower-case letters, digits and inner hyphens, 20 at most; `dc` unless given. */
  readonly name?: string;
  /** The boot servers; 0, 1 and 2 unless given. */
  readonly lrns?: readonly number[];
  /** The Debian release of the boot servers; several take turns in the order of the LRNs. Debian 13 unless given. */
  readonly suites?: readonly Suite[];
  /** Fresh Debian servers and nothing else: no depot, no neco. */
  readonly bare?: boolean;
  /** A finished cluster of all boot servers, or of these; its disks come from the cache, where others of today left them. */
  readonly setup?: boolean | readonly number[];
  /** Takes only Debian from the cache: installs neco by apt, and with `setup` runs `neco setup`, as a person does. */
  readonly fresh?: boolean;
  /** What the depot serves, as paths of this machine; neco's own debs, built when missing, unless given. */
  readonly debs?: readonly string[];
  /** Take down what stands under this name instead of refusing. */
  readonly replace?: boolean;
  /** Stops and takes down what was made so far. */
  readonly signal?: AbortSignal;
  /** Is told what goes on, a line each time. */
  readonly say?: (line: string) => void;
}

/** What `up` was asked for, completed. */
type BuildOptions = UpOptions & Required<Pick<UpOptions, 'name' | 'lrns' | 'setup' | 'say'>>;

/** A data centre in a box: boot servers, and with them a depot, on one bridge. */
export class DataCenter {
  readonly name: string;
  /** The boot servers in the order of their LRNs. */
  readonly servers: readonly Server[];
  /** The server with the apt repository; none in a bare data centre. */
  readonly depot: Server | undefined;
  readonly network: Network;
  readonly #state: State;
  readonly #group: ControlGroup;

  private constructor(state: State, group: ControlGroup) {
    this.name = state.name;
    this.network = new Network(state.name);
    this.#state = state;
    this.#group = group;
    const server = (which: number | 'depot') => {
      const directory = join(state.directory, which === 'depot' ? which : serverName(which));
      return new Server({
        which,
        dataCenter: state.name,
        network: this.network,
        group: group.child(which === 'depot' ? which : serverName(which)),
        disk: new Disk(directory),
        consoleFile: `${directory}.console`,
      });
    };
    this.servers = state.lrns.map(server);
    this.depot = state.depotLower === undefined ? undefined : server('depot');
  }

  /**
   * Brings a data centre up, from nothing or from what a killed run left. When it fails or is stopped, it leaves nothing.
   * @throws NecoError USAGE, BUSY when one of this name is up, NOT_ROOT, CANCELLED, COMMAND_FAILED, TIMEOUT.
   */
  static async up(options: UpOptions = {}): Promise<DataCenter> {
    const { name = 'dc', lrns = [0, 1, 2], setup = false, say = () => undefined } = options;
    checkName(name);
    checkLrns(lrns, setup);
    await checkRequirements();
    await raiseLimits();
    return withFileLock(await lockFile(name), waiting(name, say), async () => {
      const present = await readState(name);
      if (present?.complete === true && options.replace !== true) {
        throw new NecoError('BUSY', `a data centre named ${name} is up`, {
          hint: `take it down with "down --name ${name}", or give this one another --name`,
        });
      }
      await DataCenter.#clearAway(name);
      try {
        return await DataCenter.#build({ ...options, name, lrns, setup, say });
      } catch (error) {
        const logs = options.signal?.aborted === true ? undefined : await DataCenter.keepLogs(name);
        await DataCenter.#clearAway(name);
        throw withLogs(error, logs);
      }
    });
  }

  /** The data centre of this name that is up. @throws NecoError USAGE when there is none. */
  static async attach(name = 'dc'): Promise<DataCenter> {
    const found = await DataCenter.find(name);
    if (found !== undefined) return found;
    throw new NecoError('USAGE', `no data centre named ${name} is up`, {
      hint: `bring it up with "up --name ${name}"`,
    });
  }

  /** As `attach`, for who does not know whether there is one. @throws NecoError USAGE for what can be no name. */
  static async find(name: string): Promise<DataCenter | undefined> {
    checkName(name);
    const state = await readState(name);
    return state === undefined ? undefined : new DataCenter(state, await ControlGroup.at(name));
  }

  /** The names of all data centres that stand on this machine or left something on it, in order. */
  static async names(): Promise<string[]> {
    const disks = await readdir(join(cacheDirectory(), 'dc')).catch(() => []);
    return [...new Set([...(await stateNames()), ...disks])].sort();
  }

  /** Takes the data centre of this name away, whatever state it is in. @returns whether there was anything. */
  static async takeDown(name: string, say: (line: string) => void = () => undefined): Promise<boolean> {
    checkName(name);
    await checkRequirements();
    return withFileLock(await lockFile(name), waiting(name, say), () => DataCenter.#clearAway(name));
  }

  /** Whether `up` came to its end. */
  get isComplete(): boolean {
    return this.#state.complete;
  }

  get kind(): State['kind'] {
    return this.#state.kind;
  }

  /** @throws NecoError USAGE when it has no such server. */
  server(lrn: number): Server {
    const server = this.servers.find(({ which }) => which === lrn);
    if (server !== undefined) return server;
    throw new NecoError('USAGE', `data centre ${this.name} has no boot server ${serverName(lrn)}`, {
      hint: `it has ${this.servers.map(({ name }) => name).join(', ')}`,
    });
  }

  /** Cuts boot servers off from everything, silently; what was cut before stays cut. They must run. */
  async cut(lrns: readonly number[]): Promise<void> {
    const servers = lrns.map((lrn) => this.server(lrn));
    for (const server of servers) {
      const port = await server.port();
      if (port === undefined) throw new NecoError('COMMAND_FAILED', `${server.name} does not run`);
      await this.network.drop('cut', port);
    }
  }

  /** Ends all cuts. */
  async heal(): Promise<void> {
    await this.network.pass('cut');
  }

  /**
   * From now on each frame from and to a boot server takes so many milliseconds longer. It must run, and neither be cut
   * off nor lose power while its link is slow.
   */
  async slow(lrn: number, milliseconds: number): Promise<SlowLink> {
    const server = this.server(lrn);
    const port = await server.port();
    if (port === undefined) throw new NecoError('COMMAND_FAILED', `${server.name} does not run`);
    const group = this.#group.child(`slow-${server.name}`);
    return slowLink(this.network, group, { port, milliseconds });
  }

  /** The LRNs that are cut off. */
  async cutLrns(): Promise<number[]> {
    const ports = await this.network.cutPorts();
    const cut = await Promise.all(
      this.servers.map(async (server) => ports.includes((await server.port()) ?? '')),
    );
    return this.#state.lrns.filter((_, index) => cut[index]);
  }

  /** Gives a boot server a new empty disk and boots it as `up` left it: with neco, unless the data centre is bare. */
  async wipe(lrn: number): Promise<Server> {
    const server = this.server(lrn);
    await server.crash();
    await this.#provision(server);
    await server.boot();
    await this.#install([server]);
    return server;
  }

  /** Captures what goes over the bridge. @param file absolute path, pcap form; one line a packet on standard output else. */
  async capture(file?: string): Promise<Capture> {
    return startCapture(this.network, this.#group.child(`capture-${process.pid}`), file);
  }

  /** Takes it down: nothing of it stays on this machine. */
  async down(): Promise<void> {
    await DataCenter.takeDown(this.name);
  }

  static async #build(options: BuildOptions) {
    const { name, say, signal } = options;
    const lrns = ascending(options.lrns);
    const suites = inTurn(options.suites ?? [defaultSuite()], lrns.length);
    const members = options.setup === true ? lrns : ascending(options.setup === false ? [] : options.setup);
    const bases = new Map<Suite, string>();
    for (const suite of new Set(suites)) bases.set(suite, await baseImage(suite, say, signal));
    const depot = options.bare === true ? undefined : await depotRepository(options.debs, say);
    const up = (own: Pick<UpOptions, 'name' | 'lrns' | 'suites' | 'fresh'>) =>
      DataCenter.up({ ...own, replace: true, say, ...(signal === undefined ? {} : { signal }) });
    // Debs of a test's own are worth no cached disk.
    const isCached = options.fresh !== true && options.debs === undefined;
    const suiteOf = (lrn: number) => suites[lrns.indexOf(lrn)] ?? defaultSuite();
    const { neco, cluster } =
      depot !== undefined && isCached
        ? await cachedLayers({
            bases,
            depot: depot.tree,
            members: members.map((lrn) => ({ lrn, suite: suiteOf(lrn) })),
            up,
            say,
            signal,
          })
        : {};
    const state: State = {
      name,
      directory: disksOf(name),
      lrns,
      suites,
      kind: options.bare === true ? 'bare' : members.length > 0 ? 'setup' : 'installed',
      lower: suites.map((suite) => [neco?.get(suite), bases.get(suite)].filter((path) => path !== undefined)),
      hasNeco: neco !== undefined,
      ...(depot === undefined
        ? {}
        : { depotLower: [depot.tree, ...[...bases.values()].slice(0, 1)], publicKey: depot.publicKey }),
      owner: process.pid,
      complete: false,
    };
    await writeState(state);
    await mkdir(state.directory, { recursive: true });
    const dataCenter = new DataCenter(state, await ControlGroup.at(name));
    await dataCenter.#start(members, cluster, options);
    await writeState({ ...state, complete: true });
    return DataCenter.attach(name);
  }

  /** Saves the consoles and journals of a data centre before it goes. @returns where, if there is anything. */
  static async keepLogs(name: string): Promise<string | undefined> {
    const state = await readState(name);
    if (state === undefined) return undefined;
    const { servers, depot } = new DataCenter(state, await ControlGroup.at(name));
    const directory = join(cacheDirectory(), 'logs', `dc-${name}`);
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    await Promise.all(
      [...servers, ...(depot === undefined ? [] : [depot])].map((server) => server.keepLogs(directory)),
    );
    return directory;
  }

  /** Takes away all that a data centre of this name left on this machine, in whatever state it was. */
  static async #clearAway(name: string): Promise<boolean> {
    const state = await readState(name);
    const group = await ControlGroup.at(name);
    const present = state !== undefined || (await group.exists());
    await group.kill();
    if (state !== undefined) {
      const { servers, depot } = new DataCenter(state, group);
      await Promise.all(
        [...servers, ...(depot === undefined ? [] : [depot])].map((server) => server.clear()),
      );
    }
    await group.remove();
    await ControlGroup.removeParent();
    await new Network(name).remove();
    for (const directory of new Set([disksOf(name), state?.directory ?? disksOf(name)])) {
      await unmountBelow(directory);
      await rm(directory, { recursive: true, force: true });
    }
    await removeState(name);
    return present;
  }

  /** @param cluster the directory with the disks of the members, when they are a finished cluster already. */
  async #start(
    lrns: readonly number[],
    cluster: string | undefined,
    { say, signal }: BuildOptions,
  ): Promise<void> {
    await this.network.create();
    const all = [...(this.depot === undefined ? [] : [this.depot]), ...this.servers];
    const members = lrns.map((lrn) => this.server(lrn));
    say(`booting ${all.map(({ name }) => name).join(', ')}`);
    const finished = cluster === undefined ? [] : members;
    await together([
      this.#bootCluster(finished, cluster, signal),
      ...all
        .filter((server) => !finished.includes(server))
        .map(async (server) => {
          await this.#provision(server);
          await server.boot(signal);
          await server.settle();
        }),
    ]);
    throwIfStopped(signal);
    if (!this.#state.hasNeco && this.depot !== undefined) say('installing neco');
    await this.#install(this.servers);
    throwIfStopped(signal);
    if (cluster === undefined && members.length > 0) await setUpCluster(members, say, signal);
  }

  async #bootCluster(
    members: readonly Server[],
    cluster = '',
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await together(
      members.map(async (server) => {
        await server.renewDisk([join(cluster, server.name), ...this.#lowerOf(server)], []);
        await server.boot(signal);
      }),
    );
    await untilHealthy(members, signal);
  }

  async #install(servers: readonly Server[]): Promise<void> {
    if (this.depot === undefined || this.#state.hasNeco) return;
    await together(servers.map((server) => installNeco(server)));
  }

  async #provision(server: Server): Promise<void> {
    await server.renewDisk(this.#lowerOf(server), this.#filesOf(server.which));
  }

  /** What lies below its disk when it is empty. */
  #lowerOf({ which }: Server): readonly string[] {
    const { lrns, lower, depotLower = [] } = this.#state;
    return which === 'depot' ? depotLower : (lower[lrns.indexOf(which)] ?? []);
  }

  #filesOf(which: number | 'depot'): DiskFile[] {
    const identity = identityFiles(which);
    if (which === 'depot') return [...identity, ...depotFiles()];
    const { publicKey } = this.#state;
    return publicKey === undefined
      ? identity
      : [...identity, ...depotSourceFiles(publicKey), siteFile(which)];
  }
}

function ascending(lrns: readonly number[]): number[] {
  return [...lrns].sort((one, other) => one - other);
}

function disksOf(name: string): string {
  return join(cacheDirectory(), 'dc', name);
}

function checkName(name: string): void {
  if (/^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/.test(name)) return;
  throw new NecoError('USAGE', `${JSON.stringify(name)} is no name for a data centre`, {
    hint: 'a name has 1 to 20 lower-case letters, digits and inner hyphens',
  });
}

function checkLrns(lrns: readonly number[], setup: boolean | readonly number[]): void {
  const large = lrns.find((lrn) => lrn > largestLrn);
  if (large !== undefined) {
    throw new NecoError('USAGE', `LRN ${large} has no address in a data centre in a box`, {
      hint: `its network ends before; take one up to ${largestLrn}`,
    });
  }
  if (lrns.length === 0) throw new NecoError('USAGE', 'a data centre needs one boot server at least');
  const missing = typeof setup === 'boolean' ? undefined : setup.find((lrn) => !lrns.includes(lrn));
  if (missing !== undefined)
    throw new NecoError('USAGE', `${serverName(missing)} is to be set up, and is none of the boot servers`);
}

function withLogs(thrown: unknown, logs: string | undefined): unknown {
  const error = toNecoError(thrown);
  if (logs === undefined) return error;
  const hint = `${error.hint === undefined ? '' : `${error.hint}; `}what the servers said is in ${logs}`;
  return new NecoError(error.code, error.message, { hint, cause: thrown });
}

function waiting(name: string, say: (line: string) => void): () => void {
  return () => say(`another run is at work on ${name}, waiting for it`);
}
