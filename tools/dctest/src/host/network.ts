import { rmdir, writeFile } from 'node:fs/promises';
import { ensureDir, remove } from 'fs-extra/esm';
import { run, tryRun, type RunOptions } from './run.ts';

/** The name of the bridge, which stands in a network namespace of its own. */
export const bridge = 'br0';

const ruleset = `
table bridge neco {
  set cut { type ifname; }
  set dark { type ifname; }
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname @cut drop
    oifname @cut drop
    iifname @dark drop
    oifname @dark drop
  }
}
`;

/**
 * The network of one data centre: a network namespace with a bridge in it. Nothing of it shows in this machine's own
 * network, so two data centres can use the same addresses.
 *
 * nftables drops in the bridge family, silently, as a dead cable does (https://wiki.nftables.org, "Bridge filtering").
 */
export class Network {
  readonly path: string;
  readonly #name: string;

  constructor(dataCenter: string) {
    this.#name = `neco-${dataCenter}`;
    this.path = `/run/netns/${this.#name}`;
  }

  async create(): Promise<void> {
    await ensureDir('/run/netns');
    await writeFile(this.path, '');
    // Not "ip netns add", which leaves a mount on /run/netns itself; "ip -n" finds it all the same.
    await run(['unshare', `--net=${this.path}`, 'true']);
    await run(['ip', '-n', this.#name, '-batch', '-'], {
      input: `link set lo up\nlink add ${bridge} type bridge forward_delay 0 mcast_snooping 0\nlink set ${bridge} up\n`,
    });
    await this.#nft(ruleset);
  }

  async remove(): Promise<void> {
    await tryRun(['umount', this.path]);
    await remove(this.path);
    await rmdir('/run/netns').catch(() => undefined);
  }

  /** Wraps a command so that it runs in this network. Not by "ip netns exec", which mounts /sys anew. */
  within(argv: readonly string[]): [string, ...string[]] {
    return ['nsenter', `--net=${this.path}`, ...argv];
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    return run(this.within(argv), options);
  }

  /** The interface on the bridge of the server with this machine name, when there is one. */
  async port(machine: string): Promise<string | undefined> {
    // systemd-nspawn shortens long names, and keeps the whole one as an alternative name.
    const { stdout, exitCode } = await tryRun([
      'ip',
      '-n',
      this.#name,
      '-o',
      'link',
      'show',
      'dev',
      `vb-${machine}`,
    ]);
    return exitCode === 0 ? /^\d+: ([^:@]+)/.exec(stdout)?.[1] : undefined;
  }

  /** Pulls the cable of the server with this machine name, if it is plugged in. */
  async removePort(machine: string): Promise<void> {
    await tryRun(['ip', '-n', this.#name, 'link', 'delete', 'dev', `vb-${machine}`]);
  }

  /** Takes a port off the bridge. @returns an interface that is in its place on the bridge, for who passes frames between both. */
  async unplug(port: string): Promise<string> {
    const index = /\d+/.exec(await this.run(['ip', '-o', 'link', 'show', 'dev', port]))?.[0] ?? '';
    const far = `far${index}`;
    await run(['ip', '-n', this.#name, '-batch', '-'], {
      input: [
        `link add ${far} type veth peer name near${index}`,
        `link set ${port} nomaster`,
        `link set near${index} master ${bridge} up`,
        `link set ${far} up\n`,
      ].join('\n'),
    });
    return far;
  }

  /** Undoes `unplug`; a port that is gone by now, because its server lost power, stays away. */
  async plugIn(port: string, far: string): Promise<void> {
    await run(['ip', '-n', this.#name, 'link', 'delete', 'dev', far]);
    await tryRun(['ip', '-n', this.#name, 'link', 'set', port, 'master', bridge]);
  }

  /** From now on drops all frames from and to a port. `cut` is what people ask for; `dark` is a server without power. */
  async drop(set: 'cut' | 'dark', port: string): Promise<void> {
    await this.#nft(`add element bridge neco ${set} { "${port}" }`);
  }

  /** Lets the frames of a port through again, or of all ports of a set. */
  async pass(set: 'cut' | 'dark', port?: string): Promise<void> {
    if (port === undefined) return this.#nft(`flush set bridge neco ${set}`);
    // Added first, because what is not there cannot be deleted.
    await this.#nft(
      `add element bridge neco ${set} { "${port}" }; delete element bridge neco ${set} { "${port}" }`,
    );
  }

  /** The ports that people cut off. */
  async cutPorts(): Promise<string[]> {
    const text = await this.run(['nft', 'list', 'set', 'bridge', 'neco', 'cut']);
    return [...text.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
  }

  async #nft(commands: string): Promise<void> {
    await this.run(['nft', '-f', '-'], { input: `${commands}\n` });
  }
}
