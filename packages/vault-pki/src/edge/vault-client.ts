import { NecoError, Secret } from '@neco/core';
import nodeVault from 'node-vault';
import * as z from 'zod';
import {
  auditFailedError,
  classifyError,
  saidBy,
  statusOf,
  uninitializedError,
  type FailedCall,
} from './classify-error.ts';
import { differs } from './differs.ts';
import { createTransport, type Transport, type TransportRequest } from './transport.ts';
import type { VaultConnection } from './vault-connection.ts';

/** A request's body. A Secret in it is revealed when it is sent, and removed from whatever comes back as an error. */
export type VaultBody = Readonly<Record<string, VaultValue>>;

type VaultValue =
  string | number | boolean | Secret | readonly string[] | Readonly<Record<string, string | boolean>>;

type Method = 'GET' | 'LIST' | 'POST' | 'DELETE';

/** How a client works. What is left out is as in a new client. */
interface ClientSettings {
  /** Whether `ensure` reads before it writes. */
  looks?: boolean;
  transport?: Transport;
  /** Called right before each request is sent; what it throws keeps it from being sent. */
  check?: (() => void) | undefined;
}

interface Call {
  method: Method;
  path: string;
  what: string;
  body?: VaultBody;
  /** When it began, as performance.now(). */
  since: number;
}

function callOf(method: Method, path: string, what: string, body?: VaultBody): Call {
  return { method, path, what, since: performance.now(), ...(body === undefined ? {} : { body }) };
}

/**
 * The edge to node-vault, and the only file that imports it: takes paths and bodies, returns parsed answers, throws
 * NecoErrors. Ignores the environment (`VAULT_TOKEN`, `VAULT_ADDR`, `VAULT_SKIP_VERIFY`, `VAULT_NAMESPACE`, proxies,
 * `DEBUG`).
 */
export class VaultClient {
  readonly connection: VaultConnection;
  /** Whether `ensure` reads before it writes; in a new Vault it would find nothing. */
  readonly looks: boolean;
  /** Shared with the other clients of this Vault, because a handshake costs more than most calls. */
  readonly #transport: Transport;
  readonly #token: Secret | undefined;
  readonly #check: (() => void) | undefined;
  readonly #vault: nodeVault.client;

  constructor(
    connection: VaultConnection,
    token?: Secret,
    { looks = true, transport = createTransport(connection), check }: ClientSettings = {},
  ) {
    this.connection = connection;
    this.looks = looks;
    this.#transport = transport;
    this.#token = token;
    this.#check = check;
    this.#vault = nodeVault({
      endpoint: connection.address,
      requestOptions: { strictSSL: true },
      debug: () => undefined,
      'request-promise': {
        defaults: () => (request: TransportRequest) => transport(checked(request, check)),
      },
    });
    // The constructor would replace an empty one by what the environment says.
    Object.assign(this.#vault, { token: token?.reveal() ?? '', pathPrefix: '', namespace: '' });
  }

  withToken(token: Secret): VaultClient {
    return new VaultClient(this.connection, token, { transport: this.#transport, check: this.#check });
  }

  /** With the same token, and a look right before each request. */
  checked(check: () => void): VaultClient {
    return new VaultClient(this.connection, this.#token, {
      looks: this.looks,
      transport: this.#transport,
      check,
    });
  }

  /** With the same token, at another address, where another name is in the certificate. */
  at(address: string, serverName?: string): VaultClient {
    const { serverName: _, ...connection } = this.connection;
    const place = { ...connection, address, ...(serverName === undefined ? {} : { serverName }) };
    return new VaultClient(place, this.#token, { looks: this.looks, check: this.#check });
  }

  asNew(): VaultClient {
    return new VaultClient(this.connection, this.#token, {
      looks: false,
      transport: this.#transport,
      check: this.#check,
    });
  }

  /** Reads a path; undefined when there is nothing (404). */
  async read<T extends z.ZodType>(path: string, schema: T, what: string): Promise<z.infer<T> | undefined> {
    const call = callOf('GET', path, what);
    try {
      return this.#parse(schema, await this.#send(call), what);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error instanceof NecoError ? error : await this.#classify(error, call);
    }
  }

  /** The keys under a path; none when there is nothing. */
  async list(path: string, what: string): Promise<string[]> {
    const call = callOf('LIST', path, what);
    try {
      const found = this.#parse(
        z.object({ data: z.object({ keys: z.array(z.string()) }) }),
        await this.#send(call),
        what,
      );
      return found.data.keys;
    } catch (error) {
      if (statusOf(error) === 404) return [];
      throw error instanceof NecoError ? error : await this.#classify(error, call);
    }
  }

  /** Writes a body to a path and returns Vault's answer. */
  async write<T extends z.ZodType>(
    path: string,
    body: VaultBody,
    schema: T,
    what: string,
  ): Promise<z.infer<T>> {
    const call = callOf('POST', path, what, body);
    try {
      return this.#parse(schema, await this.#send(call), what);
    } catch (error) {
      throw error instanceof NecoError ? error : await this.#classify(error, call);
    }
  }

  /** Writes a body to a path and ignores the answer. */
  async change(path: string, body: VaultBody, what: string): Promise<void> {
    await this.write(path, body, z.unknown(), what);
  }

  /** Writes fields to a path only when one of them differs there. Returns whether it wrote. */
  async ensure(path: string, wanted: VaultBody, what: string): Promise<boolean> {
    if (this.looks) {
      const found = await this.read(path, z.object({ data: z.record(z.string(), z.unknown()) }), what);
      if (!differs(found?.data, wanted)) return false;
    }
    await this.change(path, wanted, what);
    return true;
  }

  /**
   * Makes something unless it is there. A client that need not read first makes it, and looks for it when that fails.
   * @returns what was there
   */
  async unlessThere<T>(
    make: () => Promise<void>,
    find: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (this.looks) {
      const there = await find();
      if (there === undefined) await make();
      return there;
    }
    try {
      await make();
      return undefined;
    } catch (error) {
      const there = await find();
      if (there === undefined) throw error;
      return there;
    }
  }

  async delete(path: string, what: string): Promise<void> {
    const call = callOf('DELETE', path, what);
    try {
      await this.#send(call);
    } catch (error) {
      throw error instanceof NecoError ? error : await this.#classify(error, call);
    }
  }

  /** An error about this Vault that Vault itself does not raise. */
  fault(said: string, hint: string, retryable = false): NecoError {
    return new NecoError('VAULT_FAILED', `Vault at ${this.connection.address}: ${said}`, { hint, retryable });
  }

  /** The error for a path at which something of another type is enabled than the one wanted. */
  otherType(path: string, there: string, wanted: string): NecoError {
    return this.fault(
      `${path} is of type ${there}, not ${wanted}`,
      'disable it there and run the same command again',
    );
  }

  async #send({ method, path, body }: Call): Promise<unknown> {
    const json = body === undefined ? {} : { json: revealed(body) };
    return await this.#vault.request({ path: `/${path}`, method, ...json });
  }

  async #classify(thrown: unknown, { body = {}, path, what, since }: Call): Promise<NecoError> {
    const secrets = Object.values(body).filter((value) => value instanceof Secret);
    const hide = [this.#token, ...secrets].flatMap((secret) =>
      secret === undefined ? [] : [secret.reveal()],
    );
    const call: FailedCall = {
      address: this.connection.address,
      path,
      what,
      hide,
      timeout: this.connection.timeout,
      took: performance.now() - since,
    };
    if (/vault is sealed/i.test(saidBy(thrown)) && (await this.#neverInitialized()))
      return uninitializedError(call);
    if (/internal error/i.test(saidBy(thrown)) && (await this.auditFails())) return auditFailedError(call);
    return classifyError(thrown, call);
  }

  /** A Vault that was never initialised answers most requests by saying that it is sealed. */
  async #neverInitialized(): Promise<boolean> {
    try {
      const status = await this.#send(callOf('GET', 'sys/seal-status', 'read the seal status'));
      return z.object({ initialized: z.literal(false) }).safeParse(status).success;
    } catch {
      return false;
    }
  }

  /**
   * Whether Vault can write to none of its audit devices, of which its answers do not say a word. Asks for a log-in that is
   * refused for certain: it needs nothing of Vault but its audit record.
   * https://github.com/hashicorp/vault/blob/v1.21.1/vault/request_handling.go (handleLoginRequest)
   */
  async auditFails(): Promise<boolean> {
    try {
      await this.#send(callOf('POST', 'auth/cert/login', 'check the audit devices', { name: 'audit-check' }));
      return false;
    } catch (error) {
      return statusOf(error) === 500 && /internal error/i.test(saidBy(error));
    }
  }

  #parse<T extends z.ZodType>(schema: T, body: unknown, what: string): z.infer<T> {
    const result = schema.safeParse(body);
    if (result.success) return result.data;
    // Neither the body nor zod's report is passed on: the answer may contain a key.
    const fields = result.error.issues.map((issue) => issue.path.map(String).join('.')).join(', ');
    throw new NecoError(
      'VAULT_FAILED',
      `Vault at ${this.connection.address} answered unexpectedly when asked to ${what}`,
      {
        hint: `fields not as expected: ${fields === '' ? 'all' : fields}; is this Vault 1.21?`,
      },
    );
  }
}

function checked(request: TransportRequest, check: (() => void) | undefined): TransportRequest {
  return check === undefined ? request : { ...request, check };
}

function revealed(body: VaultBody): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).map(([field, value]) => [field, value instanceof Secret ? value.reveal() : value]),
  );
}
