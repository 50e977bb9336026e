/**
 * RFC 3261 §16: Proxy Behavior, with RFC 3327 (Path), RFC 4320, RFC 5393, RFC 5626 §5 (flows) and RFC 5658.
 * Passes requests on: to all devices of an account, along their Route, or to other domains.
 */
import { sipFeature } from '../../feature.ts';
import { proxySettings } from './settings.ts';
import { StatefulProxy } from './stateful-proxy.ts';

export const proxy = sipFeature({
  spec: 'RFC 3261 §16',
  title: 'Proxy Behavior',
  version: '',
  status: 'complete',
  note: 'Stateful, records its route, does not follow redirections.',
  settings: proxySettings,
  setup(sip) {
    const passing = new StatefulProxy(sip.edge, sip.settings);
    sip.onOtherwise((incoming) => passing.take(incoming));
  },
});
