/** Somebody was turned away: who, why, and what the admin of the coordinator can do about it. */
export interface RendezvousRefusal {
  remoteAddress: string;
  /** What it said of itself, when it got that far, such as `boot-3 of prod, LRNs 0-2 17`. Not proved. */
  identity?: string;
  reason: string;
  hint: string;
}

type Finding = Pick<RendezvousRefusal, 'reason' | 'hint'>;

const stranger =
  'check what runs at that address; only "neco setup" on the other boot servers should connect here';

const findings: Readonly<Record<string, Finding>> = {
  ERR_SSL_BINDER_DOES_NOT_VERIFY: {
    reason: 'it has a different setup secret',
    hint: 'run "neco setup" there again with the setup secret of this server',
  },
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: {
    reason: 'it has no setup secret',
    hint: 'if it is a boot server, install the same version of neco there and run "neco setup" again; otherwise check what it is',
  },
  ERR_SSL_HTTP_REQUEST: { reason: 'it speaks plain HTTP', hint: stranger },
  ERR_SSL_WRONG_VERSION_NUMBER: { reason: 'it does not speak TLS', hint: stranger },
  ERR_SSL_UNSUPPORTED_PROTOCOL: { reason: 'it does not speak TLS 1.3', hint: stranger },
  ERR_SSL_NO_SHARED_CIPHER: {
    reason: 'it does not offer the cipher suite of the rendezvous',
    hint: stranger,
  },
};

export const refusalFindings = {
  /** What an error of the TLS handshake says of the client. */
  ofHandshake(code: string | undefined): Finding {
    return (
      findings[code ?? ''] ?? {
        reason: `its TLS handshake failed (${code ?? 'no reason given'})`,
        hint: stranger,
      }
    );
  },
  slow: { reason: 'it connected but did not complete the handshake', hint: stranger },
  crowd: { reason: 'it has too many connections open', hint: stranger },
  notShared: { reason: 'its session does not use the setup secret', hint: stranger },
} as const;
