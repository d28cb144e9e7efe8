/** Proof of a lock: a transaction that compares the create revision of `key` with this one cannot come too late. */
export interface HeldLock {
  /** The key in etcd. */
  readonly key: string;
  /** Decimal, as etcd3's `if(key, 'Create', '==', …)` takes it. */
  readonly createRevision: string;
  /**
   * Looks at the lease by this host's clock, without a wait in between: for right before a change that etcd cannot fence, such
   * as one of Vault. A process that was stopped for longer than its lease lives finds it lost here, before any timer fires.
   * @throws NecoError ETCD_CONFLICT when the lock may be lost
   */
  check(): void;
}
