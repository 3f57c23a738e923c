import { constants, type ServerSessionOptions } from 'node:http2'
import type { Http2Settings, LimitsSettings } from '../settings/model.ts'
import { GUARD_WINDOW_MS } from './http2-guard.ts'

/** What one field costs in SETTINGS_MAX_HEADER_LIST_SIZE beside its bytes (RFC 9113 section 6.5.2). */
const FIELD_OVERHEAD_BYTES = 32
const PSEUDO_FIELDS = 4
/** Beyond the limits by this factor a head is not decoded to its end; up to there it gets its 431 or 414. */
const ANSWERED_EXCESS = 2

/**
 * Makes the options of an HTTP/2 session, which hold for its life. Not one of those that bound memory or work is left to a default
 * that the platform may change; `docs/LIMITS.md` lists them.
 */
export function toSessionOptions(limits: LimitsSettings, http2: Http2Settings): ServerSessionOptions {
  const fieldBytes = limits.maxHeaderBytes + limits.maxTargetBytes
  const overhead = (limits.maxHeaderCount + PSEUDO_FIELDS) * FIELD_OVERHEAD_BYTES
  return {
    // Of one connection, in MB: buffered bodies, answers that nobody reads, HPACK tables, unanswered frames.
    maxSessionMemory: 10,
    maxSettings: 32,
    maxOutstandingPings: 1,
    maxHeaderListPairs: ANSWERED_EXCESS * (limits.maxHeaderCount + PSEUDO_FIELDS),
    maxDeflateDynamicTableSize: 4096,
    // CVE-2019-9513, -9518: empty DATA frames, and frames that make no sense where they come.
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    // nghttp2's own count beside ours, for resets that Node never tells us of.
    streamResetBurst: 2 * http2.maxResets,
    streamResetRate: Math.max(1, Math.ceil((http2.maxResets * 1_000) / GUARD_WINDOW_MS)),
    paddingStrategy: constants.PADDING_STRATEGY_NONE,
    strictFieldWhitespaceValidation: true,
    // Of answers: an upstream's repeated line is passed on as it is in HTTP/1.1.
    strictSingleValueFields: false,
    settings: {
      headerTableSize: 4096,
      enablePush: false,
      initialWindowSize: 65_535,
      maxFrameSize: 16_384,
      maxConcurrentStreams: http2.maxStreams,
      maxHeaderListSize: ANSWERED_EXCESS * (fieldBytes + overhead),
      enableConnectProtocol: false,
    },
  }
}
