import { systemActor } from '../../src/contract/index.ts'
import { admin, ip, names, upstream, type HappeningCases, type UpstreamKind } from './happening-cases.ts'

const rotation = { ...names, reason: 'manual', region: 'nam', old_ip: '203.0.113.1' } as const
const none = { open: 0, idle: 0, finished: 0, cut: 0 }

/** upstreamCases are of what becomes of upstreams. */
export const upstreamCases: HappeningCases<UpstreamKind> = {
  rotated: [
    [
      { ...rotation, new_ip: ip, upstream },
      admin,
      'proxy3 moved from 203.0.113.1 to 203.0.113.2.',
      'proxy3 đã đổi từ 203.0.113.1 sang 203.0.113.2.',
    ],
    [
      { ...rotation, old_ip: null, new_ip: null, upstream },
      systemActor,
      'proxy3 moved from no upstream to 203.0.113.2:8080.',
      'proxy3 đã đổi từ chưa có IP sang 203.0.113.2:8080.',
    ],
  ],
  upstream_taken_over: [
    [
      { ...rotation, new_ip: ip, upstream },
      systemActor,
      'proxy3 took over 203.0.113.2, which the provider gave it earlier.',
      'proxy3 đã nhận 203.0.113.2 mà nhà cung cấp đã cấp từ trước.',
    ],
  ],
  rotation_failed: [
    [
      {
        ...rotation,
        trouble: 'provider_unavailable',
        detail: 'KiotProxy did not answer in time.',
        upstream,
        seconds_left: 760,
        retry_seconds: 60,
      },
      systemActor,
      'KiotProxy did not answer in time. proxy3 stays on 203.0.113.1 for another 12 min 40 s. Trying again in 1 min.',
      'Nhà cung cấp chưa cấp được IP (KiotProxy did not answer in time). proxy3 vẫn giữ 203.0.113.1 thêm 12 phút 40 giây. Thử lại sau 1 phút.',
    ],
    [
      {
        ...rotation,
        trouble: 'out_of_stock',
        detail: 'KiotProxy has no free IP for this key now.',
        upstream: null,
        seconds_left: null,
        retry_seconds: 7500,
      },
      systemActor,
      'KiotProxy has no free IP for this key now. proxy3 has no upstream now. Trying again in 2 h 5 min.',
      'Nhà cung cấp hiện hết IP cho key này. proxy3 hiện chưa có IP. Thử lại sau 2 giờ 5 phút.',
    ],
    [
      {
        ...rotation,
        old_ip: null,
        trouble: 'out_of_stock',
        detail: 'KiotProxy has no free IP for this key now.',
        upstream,
        seconds_left: null,
        retry_seconds: 5,
      },
      systemActor,
      'KiotProxy has no free IP for this key now. proxy3 stays on 203.0.113.2:8080. Trying again in 5 s.',
      'Nhà cung cấp hiện hết IP cho key này. proxy3 vẫn giữ 203.0.113.2:8080. Thử lại sau 5 giây.',
    ],
  ],
  upstream_ended: [
    [
      { ...names, old_ip: ip },
      systemActor,
      'The upstream of proxy3 ended and nothing has replaced it yet.',
      'IP của proxy3 đã hết hạn và chưa có IP mới.',
    ],
  ],
  upstream_released: [
    [
      { ...names, old_ip: ip },
      admin,
      'The upstream of proxy3 was given back.',
      'Đã trả IP của proxy3 cho nhà cung cấp.',
    ],
  ],
  release_failed: [
    [
      { ...names, old_ip: ip, detail: null },
      admin,
      'The upstream was not given back. The provider refused.',
      'Chưa trả được IP của proxy3 cho nhà cung cấp.',
    ],
    [
      { ...names, old_ip: ip, detail: 'KiotProxy did not answer in time.' },
      admin,
      'The upstream was not given back. KiotProxy did not answer in time.',
      'Chưa trả được IP của proxy3 cho nhà cung cấp (KiotProxy did not answer in time).',
    ],
  ],
  drained: [
    [
      { ...names, new_ip: ip, tunnels: { open: 1, idle: 1, finished: 0, cut: 0 }, requests: none },
      systemActor,
      '1 open tunnel of proxy3 left the old exit: 1 closed in a pause, 0 finished, 0 cut.',
      '1 đường hầm đang mở của proxy3 rời IP cũ: 1 đóng lúc im lặng, 0 tự xong, 0 bị cắt.',
    ],
    [
      {
        ...names,
        new_ip: ip,
        tunnels: { open: 3, idle: 1, finished: 1, cut: 1 },
        requests: { open: 2, idle: 0, finished: 1, cut: 1 },
      },
      systemActor,
      '3 open tunnels of proxy3 left the old exit: 1 closed in a pause, 1 finished, 1 cut. 2 open requests of proxy3 left the old exit: 1 finished, 1 cut.',
      '3 đường hầm đang mở của proxy3 rời IP cũ: 1 đóng lúc im lặng, 1 tự xong, 1 bị cắt. 2 yêu cầu đang mở của proxy3 rời IP cũ: 1 tự xong, 1 bị cắt.',
    ],
  ],
  upstream_reachable: [[names, systemActor, 'proxy3 is reachable again.', 'proxy3 đã kết nối lại được.']],
  upstream_unreachable: [
    [
      { ...names, detail: 'the upstream refuses connections' },
      systemActor,
      'The upstream of proxy3 fails its health check: the upstream refuses connections.',
      'Proxy của proxy3 không qua được lần kiểm tra (the upstream refuses connections).',
    ],
  ],
}
