import { systemActor, type Actor, type FactsOf, type HappeningKind } from '../../src/contract/index.ts'

/** HappeningCases are for each kind its facts, who did it, and what is said of that in English and Vietnamese. */
export type HappeningCases<Kinds extends HappeningKind> = {
  [Kind in Kinds]: [FactsOf[Kind], Actor, en: string, vi: string][]
}

export type UpstreamKind = Extract<
  HappeningKind,
  `upstream_${string}` | 'rotated' | 'rotation_failed' | 'release_failed' | 'drained'
>

export const admin: Actor = { kind: 'admin', id: 1, name: 'admin', address: '192.0.2.1' }
export const names = { endpoint: 'proxy3', key_name: 'Shop A' }
export const [ip, upstream] = ['203.0.113.2', '203.0.113.2:8080']
const stranger: Actor = { kind: 'client', id: null, name: null, address: '192.0.2.9' }

/** verbCases are of what people do. */
export const verbCases: HappeningCases<Exclude<HappeningKind, UpstreamKind>> = {
  signed_in: [[{}, admin, 'admin signed in from 192.0.2.1.', 'admin đã đăng nhập từ 192.0.2.1.']],
  sign_in_failed: [
    [{}, stranger, 'A login from 192.0.2.9 failed.', 'Một lần đăng nhập từ 192.0.2.9 thất bại.'],
    [
      {},
      { ...stranger, address: null },
      'A login from an unknown address failed.',
      'Một lần đăng nhập từ một địa chỉ không rõ thất bại.',
    ],
  ],
  signed_out: [[{}, admin, 'admin signed out.', 'admin đã đăng xuất.']],
  password_changed: [
    [
      {},
      admin,
      'admin changed the password; other sessions were ended.',
      'admin đã đổi mật khẩu; mọi phiên đăng nhập khác đã hết hiệu lực.',
    ],
  ],
  password_reset: [
    [
      { username: 'root' },
      systemActor,
      'The password of root was reset on this machine.',
      'Mật khẩu của root đã được đặt lại trên máy này.',
    ],
  ],
  wrong_tokens: [
    [
      { count: 1, endpoints: ['proxy3'], more: 0 },
      stranger,
      '1 wrong access token from 192.0.2.9 at the page of proxy3.',
      '1 mã truy cập sai từ 192.0.2.9 tại trang của proxy3.',
    ],
    [
      { count: 9, endpoints: ['proxy1', 'proxy2', 'proxy3'], more: 2 },
      { ...stranger, address: null },
      '9 wrong access tokens from other addresses at the pages of proxy1, proxy2, proxy3 and 2 more.',
      '9 mã truy cập sai từ các địa chỉ khác tại trang của proxy1, proxy2, proxy3 và 2 trang khác.',
    ],
  ],
  keys_exported: [
    [
      { count: 1, holds_whole_keys: true },
      admin,
      'admin exported 1 key with whole provider keys, from 192.0.2.1.',
      'admin đã xuất 1 key với key nhà cung cấp đầy đủ, từ 192.0.2.1.',
    ],
    [
      { count: 20, holds_whole_keys: false },
      admin,
      'admin exported 20 keys with masked provider keys, from 192.0.2.1.',
      'admin đã xuất 20 key với key nhà cung cấp đã che, từ 192.0.2.1.',
    ],
  ],
  export_refused: [
    [
      {},
      admin,
      'admin gave a wrong password for an export, from 192.0.2.1.',
      'admin nhập sai mật khẩu khi xuất key, từ 192.0.2.1.',
    ],
  ],
  settings_changed: [
    [
      { changes: { rotate_on_failure: false, drain_seconds: 'never', health_check_seconds: null } },
      admin,
      'Settings: rotate_on_failure is false, drain_seconds is never, health_check_seconds is null.',
      'Cài đặt: đổi IP khi proxy bị lỗi là tắt, thời gian chuyển (giây) là để tự hết, kiểm tra mỗi (giây) là mặc định.',
    ],
  ],
  key_added: [
    [
      { ...names, reason: 'first', region: 'nam', new_ip: ip, upstream, location: 'Huế' },
      admin,
      'proxy3 is ready: 203.0.113.2 (Huế).',
      'proxy3 đã sẵn sàng: 203.0.113.2 (Huế).',
    ],
    [
      { ...names, reason: 'first', region: 'nam', new_ip: null, upstream, location: null },
      admin,
      'proxy3 is ready: 203.0.113.2:8080.',
      'proxy3 đã sẵn sàng: 203.0.113.2:8080.',
    ],
  ],
  key_pending: [
    [
      { ...names, reason: 'first', region: 'nam', trouble: 'out_of_stock', detail: 'KiotProxy has no free IP.' },
      admin,
      'KiotProxy has no free IP. proxy3 is stored and becomes active as soon as there is an upstream.',
      'Nhà cung cấp hiện hết IP cho key này. proxy3 đã được lưu và sẽ hoạt động ngay khi có IP.',
    ],
  ],
  key_changed: [
    [{ ...names, new_ip: ip, changes: {} }, admin, 'proxy3: tried anew.', 'proxy3: thử lại từ đầu.'],
    [
      {
        ...names,
        new_ip: ip,
        changes: {
          key_name: 'B',
          region: 'bac',
          is_active: true,
          allowed_ips: ['192.0.2.0/24', '192.0.2.7'],
          local_address: '127.0.0.3',
          always_ask: true,
          upstream_protocol: 'socks5',
          overrides: { hold_seconds: 5 },
          has_other_key: true,
        },
      },
      admin,
      'proxy3: named B, region bac, resumed, allowed addresses 192.0.2.0/24, 192.0.2.7, address of its own 127.0.0.3, always asks for credentials, upstream by socks5, own settings {"hold_seconds":5}, another provider key.',
      'proxy3: đổi tên thành B, khu vực miền Bắc, hoạt động lại, địa chỉ được phép: 192.0.2.0/24, 192.0.2.7, địa chỉ riêng trên máy này: 127.0.0.3, luôn hỏi mã truy cập, kết nối tới proxy bằng socks5, cài đặt riêng: thời gian giữ (giây) là 5, key nhà cung cấp khác.',
    ],
    [
      {
        ...names,
        new_ip: ip,
        changes: { is_active: false, allowed_ips: [], local_address: null, always_ask: false, overrides: {} },
      },
      admin,
      'proxy3: paused, allowed addresses none, address of its own none, asks only strangers for credentials, own settings {}.',
      'proxy3: tạm dừng, địa chỉ được phép: không có, địa chỉ riêng trên máy này: không có, chỉ hỏi mã truy cập với địa chỉ lạ, cài đặt riêng: không có.',
    ],
  ],
  key_deleted: [[{ ...names, old_ip: ip }, admin, 'proxy3 was deleted.', 'Đã xóa proxy3.']],
  key_restored: [[names, admin, 'proxy3 was brought back.', 'Đã khôi phục proxy3.']],
  key_refused: [
    [
      { ...names, code: 'key_expired', detail: 'This key has run out at KiotProxy. Renew it there to go on.' },
      systemActor,
      'This key has run out at KiotProxy. Renew it there to go on.',
      'Key đã hết hạn ở nhà cung cấp: hãy gia hạn ở đó. Key của proxy3 không đổi IP được nữa.',
    ],
  ],
  listener_restarted: [[names, admin, 'proxy3 was restarted.', 'Đã khởi động lại proxy3.']],
  token_replaced: [
    [
      { ...names, ended: [] },
      admin,
      'proxy3 has a new access token; the one before ended.',
      'proxy3 có mã truy cập mới; mã cũ đã hết hiệu lực.',
    ],
    [
      { ...names, ended: ['192.0.2.7', '192.0.2.8'] },
      admin,
      'proxy3 has a new access token; the one before ended, and with it what it had let in: 192.0.2.7, 192.0.2.8.',
      'proxy3 có mã truy cập mới; mã cũ đã hết hiệu lực, cùng các địa chỉ được cho phép bằng mã đó: 192.0.2.7, 192.0.2.8.',
    ],
  ],
  address_allowed: [
    [
      { ...names, address: '192.0.2.7', until: '2026-01-31T08:15:30.000Z' },
      admin,
      '192.0.2.7 may use proxy3 without its token until 2026-01-31 08:15 UTC.',
      '192.0.2.7 được dùng proxy3 không cần mã truy cập đến 2026-01-31 08:15 UTC.',
    ],
    [
      { ...names, address: '192.0.2.7', until: null },
      admin,
      '192.0.2.7 may use proxy3 without its token.',
      '192.0.2.7 được dùng proxy3 không cần mã truy cập.',
    ],
  ],
  address_removed: [
    [
      { ...names, address: '192.0.2.7' },
      admin,
      '192.0.2.7 is no longer allowed to use proxy3 without its token.',
      '192.0.2.7 không còn được dùng proxy3 mà không có mã truy cập.',
    ],
  ],
  addresses_ended: [
    [
      { ...names, addresses: ['192.0.2.7', '192.0.2.8'] },
      systemActor,
      'The time of 192.0.2.7, 192.0.2.8 to use proxy3 without its token is over.',
      'Đã hết thời gian 192.0.2.7, 192.0.2.8 được dùng proxy3 không cần mã truy cập.',
    ],
  ],
}
