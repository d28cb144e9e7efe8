import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry, type OperationRecord } from '@neco/bootserver-registry';
import { NecoError, serverName, toNecoError, waitFor, type Reporter } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import { lockHost, openHost, type HostWriter } from '@neco/host-installer';
import { fetchRevocations, putRevocations } from '../../access/revocation-lists.ts';
import type { DaemonConfiguration } from '../../daemon/daemon-configuration.ts';
import { cutOff } from '../../leave/cut-off.ts';
import { leftAdvice, readLeftRecord, type LeftRecord } from '../../leave/left-record.ts';
import { leaveRecords, parsePlan, type LeavePlan } from '../../leave/leave-plan.ts';
import { readSite } from '../../site/read-site.ts';
import { ChangingMessages } from '../../unseal/changing-messages.ts';
import { isRevoked } from './leave-own-revocation.ts';
import { stopForGood } from './leave-stop-services.ts';

/** Pauses after what went wrong, in ms. */
const pauses = { first: 1000, longest: 10_000 } as const;

/** The revocation lists are fetched anew so often without being told, and certificates read again, in ms. */
const renewal = 60 * 60 * 1000;

export interface FollowLeavesOptions {
  configuration: DaemonConfiguration;
  reporter: Reporter;
  signal: AbortSignal;
}

/**
 * What `neco leave` needs on every boot server: the new revocation lists in place and the connections of who left cut, and
 * on the server that leaves, etcd and Vault stopped for good. A server that was dead when it was removed finds its own
 * certificates revoked. Never ends because of etcd or Vault.
 */
export async function followLeaves({ configuration, reporter, signal }: FollowLeavesOptions): Promise<void> {
  const duty = new LeaveDuty(configuration, reporter);
  for (let pause: number = pauses.first; !signal.aborted; pause = Math.min(pause * 2, pauses.longest)) {
    try {
      if (await duty.follow(signal)) pause = pauses.first;
    } catch (thrown) {
      duty.warn(thrown);
    }
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
}

class LeaveDuty {
  readonly #configuration: DaemonConfiguration;
  readonly #reporter: Reporter;
  readonly #messages: ChangingMessages;
  readonly #host: HostWriter = openHost();
  /** The last round of each leave that was worked off here. */
  readonly #rounds = new Map<number, string>();

  constructor(configuration: DaemonConfiguration, reporter: Reporter) {
    this.#configuration = configuration;
    this.#reporter = reporter;
    this.#messages = new ChangingMessages(reporter);
  }

  warn(thrown: unknown): void {
    const { message, hint } = toNecoError(thrown);
    this.#messages.warn(hint === undefined ? message : `${message} (${hint})`);
  }

  /** Follows until the next renewal of certificates. @returns whether all went well. */
  async follow(signal: AbortSignal): Promise<boolean> {
    const { lrn } = await readSite();
    const left = await readLeftRecord(this.#host);
    if (left !== undefined) {
      this.#sayLeft(lrn, left);
      return false;
    }
    try {
      await this.#watch(lrn, signal);
      return true;
    } catch (thrown) {
      if (await this.#wasRemoved(lrn)) return false;
      throw thrown;
    }
  }

  async #watch(lrn: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const over = AbortSignal.any([signal, ended.signal, AbortSignal.timeout(renewal)]);
    const etcd = EtcdCluster.connect(await readEtcdConnection(this.#configuration.etcd));
    try {
      const registry = new Registry(etcd, this.#configuration.etcd.prefix);
      await this.#renewLists(registry);
      let trouble: NecoError | undefined;
      const watch = registry.watchOperations(leaveRecords.all, {
        signal: over,
        onInterruption: (error) => {
          trouble = error;
          ended.abort();
        },
      });
      for await (const records of watch) await this.#workOff(registry, lrn, records);
      if (trouble !== undefined) throw trouble;
    } finally {
      etcd.close();
    }
  }

  async #workOff(registry: Registry, lrn: number, records: Map<string, OperationRecord>): Promise<void> {
    for (const [id, record] of records) {
      if (!id.endsWith('/plan')) continue;
      const plan = parsePlan(id, record);
      const { lrn: leaving, step, round } = plan;
      if (leaving === lrn) {
        if (step !== 'begun' && plan.mode === 'live' && !records.has(leaveRecords.stopped(lrn)))
          await this.#stop(registry, plan);
      } else if (round !== undefined && this.#rounds.get(leaving) !== round) {
        await this.#refuse(registry, lrn, { ...plan, round });
        this.#rounds.set(leaving, round);
      }
    }
  }

  /** This server stays: another is to get in no more. */
  async #refuse(registry: Registry, lrn: number, plan: LeavePlan & { round: string }): Promise<void> {
    await withHostLock(async () => {
      await this.#renewLists(registry);
      const holder = serverName(lrn);
      const connections = await cutOff(this.#host, plan.address, {
        reporter: this.#reporter,
        inTurn: (restart) => registry.withLock('etcd-restart', restart, { holder, timeout: 60_000 }),
      });
      const id = leaveRecords.acknowledgement(plan.lrn, lrn);
      await registry.putOperation(id, { round: plan.round, connections });
      this.#reporter.info(`${plan.name} has left: its certificates are refused here`);
    });
  }

  /** This server leaves, and was told so. */
  async #stop(registry: Registry, { lrn }: LeavePlan): Promise<void> {
    await withHostLock(async () => {
      const left = await stopForGood(this.#host, { removed: true });
      await registry.putOperation(leaveRecords.stopped(lrn), { at: left.at });
      this.#sayLeft(lrn, left);
    });
  }

  async #renewLists(registry: Registry): Promise<void> {
    const addresses = (await registry.bootServers()).map(({ address }) => address);
    const { caFile } = this.#configuration.vault;
    await putRevocations(this.#host, await fetchRevocations(addresses, await readFile(caFile, 'utf8')));
  }

  /** This server was removed while it was dead, and finds so by its certificates. */
  async #wasRemoved(lrn: number): Promise<boolean> {
    const { etcd, vault } = this.#configuration;
    const addresses = etcd.endpoints.flatMap((endpoint) => URL.parse(endpoint)?.hostname ?? []);
    const ca = await readFile(vault.caFile, 'utf8');
    if (!(await isRevoked(this.#host, addresses, ca).catch(() => false))) return false;
    await withHostLock(async () => {
      this.#sayLeft(lrn, await stopForGood(this.#host, { removed: false }));
    });
    return true;
  }

  #sayLeft(lrn: number, left: LeftRecord): void {
    const { message, hint } = leftAdvice(serverName(lrn), lrn, left);
    this.#messages.warn(`${message}; ${hint}`);
  }
}

/** neco-worker and neco-updater both follow; they do it one after the other. */
async function withHostLock(work: () => Promise<void>): Promise<void> {
  await using _lock = await waitFor(
    async () => {
      try {
        return { done: true, value: await lockHost('leave-duty') };
      } catch (error) {
        if (error instanceof NecoError && error.code === 'BUSY') return { done: false, seen: error.message };
        throw error;
      }
    },
    { what: 'the other daemon of neco', timeout: 120_000 },
  );
  await work();
}
