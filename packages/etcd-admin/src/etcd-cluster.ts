import { setTimeout as delay } from 'node:timers/promises';
import { NecoError } from '@neco/core';
import { EtcdUserExistsError, type Etcd3, type IMember, type IStatusResponse } from 'etcd3';
import { adds } from './adds.ts';
import { classifyEtcdError } from './classify-etcd-error.ts';
import { createClient } from './create-client.ts';
import type { EtcdConnection } from './etcd-connection.ts';
import { grantMissingPermissions, type KeyPermission } from './grant-missing-permissions.ts';
import { memberIdFromApi, memberIdToApi } from './member-id.ts';
import type { Member, MemberAlarm, MemberStatus } from './member.ts';
import { saveSnapshot, type Snapshot } from './save-snapshot.ts';

export interface EtcdCallOptions {
  /** Ask this member alone; otherwise the one that answered last, then the others. */
  endpoint?: string;
}

/**
 * One etcd cluster. Every call has the connection's deadline at each endpoint, and what goes wrong is a NecoError
 * ETCD_* (or CERTIFICATE_INVALID, when a member's certificate is not to be trusted) that names the endpoint.
 */
export class EtcdCluster {
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
   * Opens nothing yet: connections are made when they are used.
   * @throws NecoError CONFIG_INVALID for an endpoint that is no URL.
   */
  static connect(connection: EtcdConnection): EtcdCluster {
    if (connection.endpoints.length === 0) throw new NecoError('CONFIG_INVALID', 'no etcd endpoint is given');
    return new EtcdCluster(connection);
  }

  /** How it is reached, with the endpoints of now in the order in which they were given. */
  get connection(): EtcdConnection {
    this.#takeList();
    return this.#connection;
  }

  /** The endpoints, with the one that answered last in front. */
  get endpoints(): readonly string[] {
    this.#takeList();
    return this.#endpoints;
  }

  /** A client of the member that answered last. Its errors are etcd3's own: prefer `call`. */
  get client(): Etcd3 {
    return this.clientOf(this.endpoints[0] ?? '');
  }

  /** A client of one member, shared by all calls; do not close it. */
  clientOf(endpoint: string): Etcd3 {
    if (this.#closed) throw new NecoError('INTERNAL', 'this etcd cluster object is closed');
    const known = this.#clients.get(endpoint);
    if (known !== undefined) return known;
    const client = createClient(this.connection, endpoint);
    this.#clients.set(endpoint, client);
    return client;
  }

  /**
   * Runs one request at the member that answered last; when it fails in a way that another member may not, at the
   * others in turn; and while there is no leader, again until the deadline. So a request may run twice: it must be
   * one that does no harm then.
   * @param action what is asked for, for messages: "cannot <action> at etcd <endpoint>".
   */
  async call<T>(
    action: string,
    request: (client: Etcd3) => PromiseLike<T>,
    options: EtcdCallOptions = {},
  ): Promise<T> {
    const { timeout } = this.connection;
    const end = performance.now() + timeout;
    for (;;) {
      const error = await this.#round(action, request, options);
      if (!(error instanceof Failure)) return error;
      if (error.reason.code !== 'ETCD_NO_LEADER' || performance.now() > end) throw error.reason;
      await delay(100);
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
        const value = await request(this.clientOf(endpoint));
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

  /** Goes by the list of now. Clients of members that are no longer on it stay, for calls that are under way. */
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
   * The members. Linearizable, so it needs the quorum; without (`linearizable: false`) it is what one member knows.
   * @throws NecoError ETCD_*
   */
  async members(options: { linearizable?: boolean } = {}): Promise<Member[]> {
    const { linearizable = true } = options;
    return this.call('list the members', (client) => listMembers(client, linearizable));
  }

  /** What the member at this endpoint says of itself; needs no quorum. @throws NecoError ETCD_* */
  async status(endpoint: string): Promise<MemberStatus> {
    const status = await this.call('read the status', (client) => client.maintenance.status(), { endpoint });
    return toStatus(endpoint, status);
  }

  /** The status of each endpoint, or why it is not to be had; all asked at once. */
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

  /** The alarms that are raised; an empty list is what one wants. @throws NecoError ETCD_* */
  async alarms(): Promise<MemberAlarm[]> {
    const { alarms } = await this.call('read the alarms', (client) =>
      client.maintenance.alarm({ action: 'Get' }),
    );
    return alarms.map(({ memberID, alarm }) => ({
      memberId: memberIdFromApi(memberID),
      alarm: alarm.toUpperCase(),
    }));
  }

  /**
   * Proves that the quorum is there by a linearizable read. A refused read proves it as well: etcd asks the quorum
   * first (as `etcdctl endpoint health` does).
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
   * Adds a learner, unless a member with one of these peer URLs is there already, which is then the answer.
   * @throws NecoError ETCD_CONFLICT when there is a learner, ETCD_*
   */
  async addLearner(peerUrls: readonly string[]): Promise<Member> {
    return this.#add(peerUrls, true);
  }

  /** As `addLearner`, but a voter from the first moment: only for a cluster that is just being formed. */
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
   * Makes a learner a voter. Asked of the leader: a follower would let it hang. Nothing is done when it votes already.
   * @throws NecoError ETCD_CONFLICT, retryable while the learner is not in step; ETCD_*
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

  /** Takes a member out of the cluster; nothing is done when it is gone already. @throws NecoError ETCD_* */
  async removeMember(id: string): Promise<void> {
    await this.call(`remove the member ${id}`, async (client) => {
      if (!(await listMembers(client, true)).some((member) => member.id === id)) return;
      await client.cluster.memberRemove({ ID: memberIdToApi(id) });
    });
  }

  /** Makes this member the leader; nothing is done when it is. @throws NecoError ETCD_* */
  async moveLeader(id: string): Promise<void> {
    const endpoint = await this.leaderEndpoint();
    await this.call(
      `move the leadership to ${id}`,
      async (client) => {
        const { leader } = toStatus(endpoint, await client.maintenance.status());
        if (leader !== id) await client.maintenance.moveLeader({ targetID: memberIdToApi(id) });
      },
      { endpoint },
    );
  }

  /** Where the leader is reached. @throws NecoError ETCD_NO_LEADER, or why no endpoint answers. */
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

  /** Whether etcd asks who one is. One without the right to know is told so by that itself. @throws NecoError ETCD_* */
  async authEnabled(): Promise<boolean> {
    try {
      const { enabled } = await this.call('read whether auth is on', (client) => client.auth.authStatus());
      return enabled;
    } catch (error) {
      const told = ['ETCD_PERMISSION_DENIED', 'ETCD_UNAUTHENTICATED'];
      if (error instanceof NecoError && told.includes(error.code) && isOfEtcd(error)) return true;
      throw error;
    }
  }

  /**
   * Makes a role with these permissions, or gives it those that it lacks. What it has besides is left alone.
   * @throws NecoError ETCD_*
   */
  async ensureRole(name: string, permissions: readonly KeyPermission[]): Promise<void> {
    await this.call(`make the role ${name}`, (client) => grantMissingPermissions(client, name, permissions));
  }

  /**
   * Makes a user without a password, who logs in by the CN of a client certificate, or gives it the roles it lacks.
   * @throws NecoError ETCD_*
   */
  async ensureUser(name: string, roles: readonly string[]): Promise<void> {
    // Looking costs etcd as much as changing does: both go through the quorum.
    await this.call(`make the user ${name}`, async (client) => {
      const isNew = await adds(EtcdUserExistsError, () =>
        client.auth.userAdd({ name, options: { no_password: true } }),
      );
      const has = isNew ? [] : (await client.auth.userGet({ name })).roles;
      for (const role of roles) {
        if (!has.includes(role)) await client.auth.userGrantRole({ user: name, role });
      }
    });
  }

  /** Turns auth on, unless it is. The user and the role `root` must be there. @throws NecoError ETCD_* */
  async enableAuth(): Promise<void> {
    if (await this.authEnabled()) return;
    await this.call('turn auth on', (client) => client.auth.authEnable());
  }

  /**
   * Saves the database of the member that answered last, with its hash proved, whole or not at all. Needs the role
   * root when auth is on.
   * @throws NecoError FILE_FAILED, VERIFICATION_FAILED, ETCD_*
   */
  async snapshot(path: string, options: EtcdCallOptions = {}): Promise<Snapshot> {
    const { timeout } = this.connection;
    return this.call('save a snapshot', (client) => saveSnapshot(client, path, timeout), options);
  }

  /** Ends all connections; calls under way fail. */
  close(): void {
    this.#closed = true;
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

/** What the endpoints said, one after the other, as one error. */
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

/** A handshake that failed tells nothing about etcd's users. */
function isOfEtcd(error: NecoError): boolean {
  return /permission denied|user name|auth/.test(error.message) && !/certificate|alert/.test(error.message);
}

async function listMembers(client: Etcd3, linearizable: boolean): Promise<Member[]> {
  const { members } = await client.cluster.memberList({ linearizable });
  return members.map(toMember);
}

function toMember({ ID, name, peerURLs, clientURLs, isLearner }: IMember): Member {
  return { id: memberIdFromApi(ID), name, peerUrls: peerURLs, clientUrls: clientURLs, isLearner };
}

function toStatus(endpoint: string, status: IStatusResponse): MemberStatus {
  return {
    endpoint,
    id: memberIdFromApi(status.header.member_id),
    version: status.version,
    leader: status.leader === '0' ? undefined : memberIdFromApi(status.leader),
    isLearner: status.isLearner,
    raftIndex: Number(status.raftIndex),
    raftAppliedIndex: Number(status.raftAppliedIndex),
    dbSize: Number(status.dbSize),
    errors: status.errors,
  };
}
