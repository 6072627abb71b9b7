import type {Declarations} from './declarations.js';

/**
 * Why a browser's feed was refused or ended: as many as may be are connected; its token is wrong; a page of another host
 * asked; it took nothing for too long. The `reason` label of `hub_live_rejections_total`.
 */
export const LIVE_REJECTIONS = ['connection_limit', 'unauthorized', 'origin', 'slow'] as const;

/** The live page's feeds to browsers. */
export const LIVE_FAMILIES = {
  hubLiveConnections: {
    type: 'gauge',
    name: 'hub_live_connections',
    help: 'Live pages that are connected now.',
  },
  hubLiveRejections: {
    type: 'counter',
    name: 'hub_live_rejections_total',
    help: 'Live pages whose connection was refused or ended, by reason.',
    labelNames: ['reason'],
  },
  hubLiveFramesSkipped: {
    type: 'counter',
    name: 'hub_live_frames_skipped_total',
    help: 'Updates not sent to a live page that had not taken earlier ones.',
  },
  hubLiveTracks: {
    type: 'gauge',
    name: 'hub_live_tracks',
    help: 'Lines of the live page whose last hour is kept.',
  },
  hubLiveTracksLeftOut: {
    type: 'gauge',
    name: 'hub_live_tracks_left_out',
    help: 'Lines that the live page leaves out, as it has as many as it may.',
  },
} as const satisfies Declarations;

/** One of {@link LIVE_REJECTIONS}. */
export type LiveRejection = (typeof LIVE_REJECTIONS)[number];
