/** The first line of the writer's standard input. Whatever comes after it is ignored; its end ends the writer. */
export interface WriterOrder {
  /** Where it writes: the first one until it fails, then the next, round and round. */
  readonly endpoints: readonly WriterEndpoint[];
  /** PEM: the CA of the servers, and who the writer is. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** Each write makes a key of its own below it. */
  readonly prefix: string;
  /** Milliseconds from the start of a write to that of the next, at least. */
  readonly interval: number;
  /** Milliseconds after which a write without an answer is tried at the next endpoint. */
  readonly deadline: number;
}

export interface WriterEndpoint {
  readonly url: string;
  /** The name in the server's certificate: gRPC must not send an address as the TLS server name. */
  readonly name: string;
}

/** A write that etcd acknowledged: one line of the writer's standard output. */
export interface AcknowledgedWrite {
  readonly key: string;
  readonly value: string;
  /** The revision that etcd's answer named. */
  readonly revision: number;
  /** When the answer came, in milliseconds since the epoch. */
  readonly moment: number;
}

/** A try that came to nothing, and was followed by another of the same write: a line too. */
export interface FailedTry {
  readonly key: string;
  readonly failure: string;
  readonly moment: number;
}
