import { Backoff, silentReporter, sleep, toNecoError } from '@neco/core';
import { openServerSession, SignedCertificates } from '@neco/cluster-access';
import { ChangingMessages, type WorkerContext, type WorkerDuty } from '@neco/daemon';

/** In ms. At first a server that has just started has better things to do. */
const pauses = { first: 60_000, regular: 60 * 60_000 } as const;

/** Each pause is longer by up to this share, so that not all servers ask at once. */
const jitter = 0.2;

/**
 * Reads which certificates Vault has signed since the last time, so that a leave on this server, and the removal of an
 * application, find those that they have to revoke without reading all that were ever signed.
 */
export const rememberCertificates: WorkerDuty = {
  name: 'remember-certificates',
  async run(context, signal) {
    const messages = new ChangingMessages(context.reporter);
    const backoff = new Backoff({ first: pauses.first, longest: pauses.regular });
    for (let pause: number = pauses.first; ;) {
      await sleep(pause * (1 + jitter * Math.random()), signal);
      if (signal.aborted) return;
      try {
        await readNew(context, signal);
        messages.forget();
        backoff.reset();
        pause = pauses.regular;
      } catch (thrown) {
        messages.warn(`remember-certificates: ${toNecoError(thrown).message}`);
        pause = backoff.advance();
      }
    }
  },
};

async function readNew(context: WorkerContext, signal: AbortSignal): Promise<void> {
  const { host } = context;
  const { lrn, name } = await context.self();
  using connection = await context.connect();
  const servers = await connection.registry.bootServers.list();
  // One that has left, or has not joined yet, has no log-in.
  if (!servers.some((one) => one.lrn === lrn && one.state === 'active')) return;
  const addresses = new Map(servers.map((one) => [one.lrn, one.address]));
  const vault = await openServerSession({
    host,
    lrn,
    name,
    servers: addresses,
    reporter: silentReporter,
    signal,
  });
  try {
    const certificates = new SignedCertificates(host);
    // Many may take longer than one try lasts, and what was read is not read again.
    await certificates.valid(vault, undefined, { pieceRead: () => certificates.remember(host) });
    await certificates.remember(host);
  } finally {
    await vault.close();
  }
}
