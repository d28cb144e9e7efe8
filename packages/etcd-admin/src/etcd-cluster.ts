import { inTime, messageOf, NecoError, sleep } from '@neco/core';
import { AlarmAction, AlarmType, type Etcd3 } from 'etcd3';
import { classifyEtcdError, isWithoutReason } from './classify-etcd-error.ts';
import { commit, type Committed, type Transaction } from './commit.ts';
import { createClient } from './create-client.ts';
import { deleteUser, ensureRole, ensureUser, userRoles, type KeyPermission } from './etcd-access.ts';
import type { EtcdConnection } from './etcd-connection.ts';
import type { HeldLock } from './lock/held-lock.ts';
import {
  memberIdFromApi,
  memberIdToApi,
  toMember,
  toMemberStatus,
  type Member,
  type MemberAlarm,
  type MemberStatus,
} from './member.ts';
import { saveSnapshot, type Snapshot } from './save-snapshot.ts';

/** Pause between two rounds of asking all members while there is no leader, in ms. */
const pauseWithoutLeader = 100;

/** How often, and after how many milliseconds, a call asks again that was not told why there is no connection. */
const [triesForReason, pauseForReason] = [5, 20];

/** etcd3 sends names of its own for 0, so it is given the numbers. */
const alarmTypes: Readonly<Record<string, AlarmType>> = {
  NOSPACE: AlarmType.Nospace,
  CORRUPT: AlarmType.Corrupt,
};

/** The result of a call whose signal fired before the answer. */
const stopped = Symbol('stopped');

/** How one call is made. */
export interface EtcdCallOptions {
  /** Ask only this member; otherwise the one that answered last, then the others. */
  endpoint?: string;
  /** Stops the wait for an answer. The request may have been sent and may still take effect. */
  signal?: AbortSignal;
}

/**
 * One etcd cluster. Every call has the connection's deadline at each endpoint. A call that fails throws a NecoError
 * ETCD_* (or CERTIFICATE_INVALID, when a member's certificate cannot be trusted) that names the endpoint.
 */
export class EtcdCluster implements AsyncDisposable {
  readonly #connection: EtcdConnection;
  readonly #clients = new Map<string, Etcd3>();
  /** The caller's own list, which may change. */
  readonly #listed: readonly string[];
  readonly #endpoints: string[];
  #closed = false;

  private constructor(connection: EtcdConnection) {
    this.#listed = connection.endpoints;
    this.#endpoints = connection.endpoints.map((endpoint) => withScheme(endpoint, connection));
    this.#connection = { ...connection, endpoints: [...this.#endpoints] };
  }

  /**
   * Opens no connection: that happens at the first call.
   * @throws NecoError CONFIG_INVALID when an endpoint is not a URL, or none is given.
   */
  static connect(connection: EtcdConnection): EtcdCluster {
    if (connection.endpoints.length === 0) throw new NecoError('CONFIG_INVALID', 'no etcd endpoint is given');
    return new EtcdCluster(connection);
  }

  /**
   * The same cluster, for work under a lock: once that may be lost no call is made any more, and what `commit` writes is
   * fenced by it. To be closed for itself.
   */
  under(lock: HeldLock): EtcdCluster {
    return EtcdCluster.connect({ ...this.#connection, endpoints: [...this.endpoints], lock });
  }

  /** How the cluster is reached, with the current endpoints in the order in which they were given. */
  get connection(): EtcdConnection {
    this.#takeList();
    return this.#connection;
  }

  /** The endpoints; the one that answered last comes first. */
  get endpoints(): readonly string[] {
    this.#takeList();
    return this.#endpoints;
  }

  #clientOf(endpoint: string): Etcd3 {
    if (this.#closed) throw new NecoError('INTERNAL', 'this etcd cluster object is closed');
    const known = this.#clients.get(endpoint);
    if (known !== undefined) return known;
    const client = createClient(this.connection, endpoint);
    this.#clients.set(endpoint, client);
    return client;
  }

  /**
   * Runs one request at the member that answered last. When it fails in a way that another member may not, the others
   * are asked in turn; while there is no leader, all of them again until the deadline. A request may therefore run
   * twice, and must do no harm then.
   * @param action what is asked for, for messages: "cannot <action> at etcd <endpoint>".
   * @param request gets a client that all calls share; it must not close it.
   * @throws NecoError ETCD_*, CERTIFICATE_INVALID; CANCELLED when the signal fires first
   */
  async call<T>(
    action: string,
    request: (client: Etcd3) => PromiseLike<T>,
    options: EtcdCallOptions = {},
  ): Promise<T> {
    const { signal } = options;
    const answer = await inTime(this.#rounds(action, request, options), { signal }, stopped);
    if (answer !== stopped) return answer;
    throw new NecoError('CANCELLED', `stopped waiting for etcd to ${action}`, { cause: signal?.reason });
  }

  /**
   * Commits a transaction, which changes all or nothing; under a lock only while it is held.
   * @throws NecoError ETCD_CONFLICT when the lock is lost; ETCD_*
   */
  async commit(action: string, transaction: Transaction): Promise<Committed> {
    return this.call(action, (client) => commit(client, transaction, this.#connection.lock));
  }

  async #rounds<T>(
    action: string,
    request: (client: Etcd3) => PromiseLike<T>,
    options: EtcdCallOptions,
  ): Promise<T> {
    const { timeout } = this.connection;
    const end = performance.now() + timeout;
    for (;;) {
      const error = await this.#round(action, request, options);
      if (!(error instanceof Failure)) return error;
      const isOver = performance.now() > end || options.signal?.aborted === true;
      if (error.reason.code !== 'ETCD_NO_LEADER' || isOver) throw error.reason;
      await sleep(pauseWithoutLeader, options.signal);
    }
  }

  async #round<T>(
    action: string,
    request: (client: Etcd3) => PromiseLike<T>,
    { endpoint: only }: EtcdCallOptions,
  ): Promise<T | Failure> {
    const failures: NecoError[] = [];
    for (const endpoint of only === undefined ? [...this.endpoints] : [only]) {
      try {
        const value = await withReason(() => request(this.#clientOf(endpoint)));
        this.#prefer(endpoint);
        return value;
      } catch (thrown) {
        const error = classifyEtcdError(thrown, { action, endpoint, timeout: this.connection.timeout });
        if (!error.retryable) throw error;
        failures.push(error);
      }
    }
    return new Failure(failures);
  }

  /** Follows the caller's list. Clients of members that are no longer on it stay open, for calls that are under way. */
  #takeList(): void {
    const { endpoints } = this.#connection;
    const listed = this.#listed.map((endpoint) => withScheme(endpoint, this.#connection));
    if (listed.join() === endpoints.join()) return;
    endpoints.splice(0, Infinity, ...listed);
    const [last = ''] = this.#endpoints;
    this.#endpoints.splice(0, Infinity, ...listed);
    this.#prefer(last);
  }

  #prefer(endpoint: string): void {
    const index = this.#endpoints.indexOf(endpoint);
    if (index > 0) this.#endpoints.unshift(...this.#endpoints.splice(index, 1));
  }

  /**
   * The members. The read is linearizable, so it needs the quorum; with `linearizable: false` it gives what one member
   * knows. @throws NecoError ETCD_*
   */
  async members(options: { linearizable?: boolean } = {}): Promise<Member[]> {
    const { linearizable = true } = options;
    return this.call('list the members', (client) => listMembers(client, linearizable));
  }

  /** What the member at this endpoint reports about itself; needs no quorum. @throws NecoError ETCD_* */
  async status(endpoint: string): Promise<MemberStatus> {
    const status = await this.call('read the status', (client) => client.maintenance.status(), { endpoint });
    return toMemberStatus(endpoint, status);
  }

  /** The status of each endpoint, or why it is not available. All are asked at the same time. */
  async statuses(
    endpoints: readonly string[] = this.connection.endpoints,
  ): Promise<Map<string, MemberStatus | NecoError>> {
    const results = await Promise.all(
      endpoints.map((endpoint) =>
        this.status(endpoint).catch((error: unknown) =>
          classifyEtcdError(error, { action: 'read the status', endpoint, timeout: this.connection.timeout }),
        ),
      ),
    );
    return new Map(
      endpoints.map((endpoint, index) => [endpoint, results[index] ?? new NecoError('INTERNAL', endpoint)]),
    );
  }

  /** The alarms that are raised; none on a healthy cluster. @throws NecoError ETCD_* */
  async alarms(): Promise<MemberAlarm[]> {
    const { alarms } = await this.call('read the alarms', (client) =>
      client.maintenance.alarm({ action: 'Get' }),
    );
    return alarms.map(({ memberID, alarm }) => ({
      memberId: memberIdFromApi(memberID),
      alarm: alarm.toUpperCase(),
    }));
  }

  /** Ends alarms. Needs the role root when auth is enabled. @throws NecoError ETCD_* */
  async disarm(alarms: readonly MemberAlarm[], options: EtcdCallOptions = {}): Promise<void> {
    for (const { memberId, alarm } of alarms) {
      await this.call(
        `end the alarm ${alarm} of ${memberId}`,
        (client) =>
          client.maintenance.alarm({
            action: AlarmAction.Deactivate,
            memberID: memberIdToApi(memberId),
            alarm: alarmTypes[alarm] ?? AlarmType.None,
          }),
        options,
      );
    }
  }

  /**
   * Makes the file of the member at this endpoint as small as its data; meanwhile it serves nobody. Needs the role root when auth
   * is enabled. @param limit in ms; a GiB takes some seconds. @throws NecoError ETCD_*
   */
  async defragment(endpoint: string, limit: number): Promise<void> {
    const request = (client: Etcd3) => client.maintenance.defragment({ deadline: Date.now() + limit });
    await this.call('defragment the database', request, { endpoint });
  }

  /**
   * Drops the history up to a revision, on all members; their files keep their size until they are defragmented. It is done when the
   * answer comes. What was compacted already is left alone. Needs the role root when auth is enabled. @throws NecoError ETCD_*
   */
  async compact(revision: string, options: EtcdCallOptions = {}): Promise<void> {
    await this.call(
      `compact the history up to revision ${revision}`,
      async (client) => {
        try {
          await client.kv.compact({ revision, physical: true });
        } catch (error) {
          if (!saysCompacted(error)) throw error;
        }
      },
      options,
    );
  }

  /** Whether the history before this revision is gone, by a read of a key as it was then. @throws NecoError ETCD_* */
  async isCompacted(revision: string, key: string, options: EtcdCallOptions = {}): Promise<boolean> {
    const before = String(BigInt(revision) - 1n);
    try {
      await this.call('read an old revision', (client) => client.get(key).revision(before).exec(), options);
      return false;
    } catch (error) {
      if (saysCompacted(error)) return true;
      throw error;
    }
  }

  /**
   * Proves by a linearizable read that the cluster has its quorum. A read that is refused proves it as well, because
   * etcd asks the quorum first (`etcdctl endpoint health` relies on the same).
   * @throws NecoError ETCD_UNREACHABLE, ETCD_NO_LEADER, ETCD_UNAUTHENTICATED, CERTIFICATE_INVALID
   */
  async checkQuorum(options: EtcdCallOptions = {}): Promise<void> {
    try {
      await this.call('read with the quorum', (client) => client.get('health'), options);
    } catch (error) {
      if (error instanceof NecoError && error.code === 'ETCD_PERMISSION_DENIED') return;
      throw error;
    }
  }

  /**
   * Adds a learner. When a member with one of these peer URLs exists already, it is returned and nothing changes.
   * @throws NecoError ETCD_CONFLICT when the cluster has another learner, ETCD_*
   */
  async addLearner(peerUrls: readonly string[]): Promise<Member> {
    return this.#add(peerUrls, true);
  }

  /** As `addLearner`, but the member votes from the start: only for a cluster that is being formed. @throws NecoError ETCD_* */
  async addMember(peerUrls: readonly string[]): Promise<Member> {
    return this.#add(peerUrls, false);
  }

  async #add(peerUrls: readonly string[], isLearner: boolean): Promise<Member> {
    return this.call(`add the member ${peerUrls.join(', ')}`, async (client) => {
      const there = (await listMembers(client, true)).find((member) =>
        member.peerUrls.some((url) => peerUrls.includes(url)),
      );
      if (there !== undefined) return there;
      const { member } = await client.cluster.memberAdd({ peerURLs: [...peerUrls], isLearner });
      return toMember(member);
    });
  }

  /**
   * Makes a learner a voter; does nothing when it votes already. The leader is asked, because on a follower the request
   * hangs. @throws NecoError ETCD_CONFLICT, retryable while the learner is behind; ETCD_*
   */
  async promote(id: string): Promise<void> {
    const endpoint = await this.leaderEndpoint();
    await this.call(
      `promote the learner ${id}`,
      async (client) => {
        const member = (await listMembers(client, true)).find((one) => one.id === id);
        if (member?.isLearner === false) return;
        await client.cluster.memberPromote({ ID: memberIdToApi(id) });
      },
      { endpoint },
    );
  }

  /**
   * Removes a member from the cluster, and ends the alarms that it raised, which would stay; does nothing when it is not there.
   * @throws NecoError ETCD_*
   */
  async removeMember(id: string): Promise<void> {
    await this.call(`remove the member ${id}`, async (client) => {
      if (!(await listMembers(client, true)).some((member) => member.id === id)) return;
      await client.cluster.memberRemove({ ID: memberIdToApi(id) });
    });
    const raised = (await this.alarms()).filter(({ memberId }) => memberId === id);
    if (raised.length > 0) await this.disarm(raised);
  }

  /** Makes this member the leader; does nothing when it leads already. @throws NecoError ETCD_* */
  async moveLeader(id: string): Promise<void> {
    const endpoint = await this.leaderEndpoint();
    await this.call(
      `move the leadership to ${id}`,
      async (client) => {
        const { leader } = toMemberStatus(endpoint, await client.maintenance.status());
        if (leader !== id) await client.maintenance.moveLeader({ targetID: memberIdToApi(id) });
      },
      { endpoint },
    );
  }

  /** The client URL of the leader. @throws NecoError ETCD_NO_LEADER, or why no endpoint answers. */
  async leaderEndpoint(): Promise<string> {
    const found = [...(await this.statuses()).values()];
    const statuses = found.filter((status): status is MemberStatus => !(status instanceof NecoError));
    const own = statuses.find(({ id, leader }) => id === leader);
    if (own !== undefined) return own.endpoint;
    const leader = statuses.find((status) => status.leader !== undefined)?.leader;
    const member = leader === undefined ? undefined : (await this.members()).find(({ id }) => id === leader);
    const url = member?.clientUrls[0];
    if (url !== undefined) return url;
    const error = found.find((status) => status instanceof NecoError);
    if (statuses.length === 0 && error !== undefined) throw error;
    throw new NecoError(
      'ETCD_NO_LEADER',
      `etcd ${statuses.map(({ endpoint }) => endpoint).join(', ')} has no leader`,
      {
        hint: 'more than half of the members must run and reach each other',
        retryable: true,
      },
    );
  }

  /** Whether auth is enabled; also for a user without the right to ask. @throws NecoError ETCD_* */
  async authEnabled(): Promise<boolean> {
    try {
      const { enabled } = await this.call('read whether auth is enabled', (client) =>
        client.auth.authStatus(),
      );
      return enabled;
    } catch (error) {
      // A refusal answers the question: without auth etcd refuses nobody.
      const refusals = ['ETCD_PERMISSION_DENIED', 'ETCD_UNAUTHENTICATED'];
      if (error instanceof NecoError && refusals.includes(error.code) && isOfEtcd(error)) return true;
      throw error;
    }
  }

  /**
   * Creates a role with these permissions, or grants it those that it lacks. Permissions that it has besides stay.
   * @throws NecoError ETCD_*
   */
  async ensureRole(name: string, permissions: readonly KeyPermission[]): Promise<void> {
    await this.call(`create the role ${name}`, (client) => ensureRole(client, name, permissions));
  }

  /**
   * Creates a user without a password, which logs in by the CN of its client certificate, or grants it the roles that
   * it lacks.
   * @throws NecoError ETCD_*
   */
  async ensureUser(name: string, roles: readonly string[]): Promise<void> {
    await this.call(`create the user ${name}`, (client) => ensureUser(client, name, roles));
  }

  /** The names of all users. Needs the role root when auth is enabled. @throws NecoError ETCD_* */
  async users(): Promise<string[]> {
    return (await this.call('list the users', (client) => client.auth.userList())).users;
  }

  /**
   * The roles of a user; undefined when there is no such user. A user may ask for its own, `root` for all.
   * @throws NecoError ETCD_*
   */
  async userRoles(name: string): Promise<string[] | undefined> {
    return this.call(`read the user ${name}`, (client) => userRoles(client, name));
  }

  /** Deletes a user; does nothing when it does not exist. @throws NecoError ETCD_* */
  async deleteUser(name: string): Promise<void> {
    await this.call(`delete the user ${name}`, (client) => deleteUser(client, name));
  }

  /** Enables auth; does nothing when it is enabled. The user and the role `root` must exist. @throws NecoError ETCD_* */
  async enableAuth(): Promise<void> {
    if (await this.authEnabled()) return;
    await this.call('enable auth', (client) => client.auth.authEnable());
  }

  /**
   * Saves the database of the member that answered last and verifies its hash. The file exists complete or not at all.
   * Needs the role root when auth is enabled.
   * @throws NecoError FILE_FAILED, VERIFICATION_FAILED, ETCD_*
   */
  async snapshot(path: string, options: EtcdCallOptions = {}): Promise<Snapshot> {
    const { timeout } = this.connection;
    return this.call('save a snapshot', (client) => saveSnapshot(client, path, timeout), options);
  }

  /** Closes all connections; calls under way fail. */
  close(): void {
    this.#closed = true;
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** The errors of all endpoints as one. */
class Failure {
  readonly reason: NecoError;

  constructor(errors: readonly NecoError[]) {
    const [first = new NecoError('INTERNAL', 'no etcd endpoint')] = errors;
    const leaderless = errors.find(({ code }) => code === 'ETCD_NO_LEADER') ?? first;
    this.reason =
      errors.length < 2
        ? first
        : new NecoError(leaderless.code, errors.map(({ message }) => message).join('; '), {
            ...(leaderless.hint === undefined ? {} : { hint: leaderless.hint }),
            retryable: true,
            cause: leaderless.cause,
          });
  }
}

function withScheme(endpoint: string, { tls }: EtcdConnection): string {
  const url = /^[a-z]+:\/\//.test(endpoint)
    ? endpoint
    : `${tls === undefined ? 'http' : 'https'}://${endpoint}`;
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new NecoError('CONFIG_INVALID', `${JSON.stringify(endpoint)} is not an etcd endpoint`, {
      hint: 'write it as https://ADDRESS:2379',
    });
  }
  return url.replace(/\/+$/, '');
}

/** A handshake that failed says nothing about etcd's users. */
function isOfEtcd(error: NecoError): boolean {
  return /permission denied|user name|auth/.test(error.message) && !/certificate|alert/.test(error.message);
}

async function listMembers(client: Etcd3, linearizable: boolean): Promise<Member[]> {
  const { members } = await client.cluster.memberList({ linearizable });
  return members.map(toMember);
}

/** Whether etcd answered that the history up to there is gone. */
function saysCompacted(error: unknown): boolean {
  return messageOf(error).includes('required revision has been compacted');
}

/** Asks again where gRPC does not say why there is no connection; the request was not sent then. */
async function withReason<T>(request: () => PromiseLike<T>): Promise<T> {
  for (let left = triesForReason; ; left -= 1) {
    try {
      return await request();
    } catch (error) {
      if (left === 0 || !isWithoutReason(error)) throw error;
      await sleep(pauseForReason);
    }
  }
}
