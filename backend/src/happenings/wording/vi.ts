import type { Actor, FactsOf, KeyChanges } from '../../contract/index.ts'
import { describeTime } from '../../lib/time-text.ts'
import type { Wording } from './wording.ts'

/** vi is Vietnamese, in the words of the dashboard. */
export const vi: Wording = {
  signed_in: (_, by) => `${nameOf(by)} đã đăng nhập từ ${placeOf(by)}.`,
  sign_in_failed: (_, by) => `Một lần đăng nhập từ ${placeOf(by)} thất bại.`,
  signed_out: (_, by) => `${nameOf(by)} đã đăng xuất.`,
  password_changed: (_, by) => `${nameOf(by)} đã đổi mật khẩu; mọi phiên đăng nhập khác đã hết hiệu lực.`,
  password_reset: ({ username }) => `Mật khẩu của ${username} đã được đặt lại trên máy này.`,
  wrong_tokens: ({ count, endpoints, more }, by) => {
    const rest = more === 0 ? '' : ` và ${more} trang khác`
    return `${count} mã truy cập sai từ ${by.address ?? 'các địa chỉ khác'} tại trang của ${endpoints.join(', ')}${rest}.`
  },
  keys_exported: ({ count, holds_whole_keys }, by) => {
    const how = holds_whole_keys ? 'với key nhà cung cấp đầy đủ' : 'với key nhà cung cấp đã che'
    return `${nameOf(by)} đã xuất ${count} key ${how}, từ ${placeOf(by)}.`
  },
  export_refused: (_, by) => `${nameOf(by)} nhập sai mật khẩu khi xuất key, từ ${placeOf(by)}.`,
  settings_changed: ({ changes }) => `Cài đặt: ${describeValues(changes)}.`,
  key_added: ({ endpoint, new_ip, upstream, location }) =>
    `${endpoint} đã sẵn sàng: ${new_ip ?? upstream}${location === null ? '' : ` (${location})`}.`,
  key_pending: ({ endpoint, ...facts }) =>
    `${describeTrouble(facts)} ${endpoint} đã được lưu và sẽ hoạt động ngay khi có IP.`,
  key_changed: ({ endpoint, changes }) => `${endpoint}: ${describeChanges(changes).join(', ') || 'thử lại từ đầu'}.`,
  key_deleted: ({ endpoint }) => `Đã xóa ${endpoint}.`,
  key_restored: ({ endpoint }) => `Đã khôi phục ${endpoint}.`,
  key_refused: ({ endpoint, code }) => `${refusals[code]} Key của ${endpoint} không đổi IP được nữa.`,
  listener_restarted: ({ endpoint }) => `Đã khởi động lại ${endpoint}.`,
  token_replaced: ({ endpoint, ended }) => {
    const addresses = ended.length === 0 ? '' : `, cùng các địa chỉ được cho phép bằng mã đó: ${ended.join(', ')}`
    return `${endpoint} có mã truy cập mới; mã cũ đã hết hiệu lực${addresses}.`
  },
  address_allowed: ({ endpoint, address, until }) =>
    `${address} được dùng ${endpoint} không cần mã truy cập${until === null ? '' : ` đến ${describeTime(until)}`}.`,
  address_removed: ({ endpoint, address }) => `${address} không còn được dùng ${endpoint} mà không có mã truy cập.`,
  addresses_ended: ({ endpoint, addresses }) =>
    `Đã hết thời gian ${addresses.join(', ')} được dùng ${endpoint} không cần mã truy cập.`,
  rotated: ({ endpoint, old_ip, new_ip, upstream }) =>
    `${endpoint} đã đổi từ ${old_ip ?? 'chưa có IP'} sang ${new_ip ?? upstream}.`,
  upstream_taken_over: ({ endpoint, new_ip, upstream }) =>
    `${endpoint} đã nhận ${new_ip ?? upstream} mà nhà cung cấp đã cấp từ trước.`,
  rotation_failed: ({ endpoint, old_ip, upstream, seconds_left, retry_seconds, ...facts }) => {
    const left = seconds_left === null ? '' : ` thêm ${describeSeconds(seconds_left)}`
    const stay =
      upstream === null ? `${endpoint} hiện chưa có IP.` : `${endpoint} vẫn giữ ${old_ip ?? upstream}${left}.`
    return `${describeTrouble(facts)} ${stay} Thử lại sau ${describeSeconds(retry_seconds)}.`
  },
  upstream_ended: ({ endpoint }) => `IP của ${endpoint} đã hết hạn và chưa có IP mới.`,
  upstream_released: ({ endpoint }) => `Đã trả IP của ${endpoint} cho nhà cung cấp.`,
  release_failed: ({ endpoint, detail }) =>
    `Chưa trả được IP của ${endpoint} cho nhà cung cấp${detail === null ? '' : inBrackets(detail)}.`,
  drained: ({ endpoint, tunnels, requests }) =>
    `${describeDrain(endpoint, 'đường hầm', tunnels)} ${describeDrain(endpoint, 'yêu cầu', requests)}`.trim(),
  upstream_reachable: ({ endpoint }) => `${endpoint} đã kết nối lại được.`,
  upstream_unreachable: ({ endpoint, detail }) =>
    `Proxy của ${endpoint} không qua được lần kiểm tra${inBrackets(detail)}.`,
}

const refusals: Record<FactsOf['key_refused']['code'], string> = {
  key_expired: 'Key đã hết hạn ở nhà cung cấp: hãy gia hạn ở đó.',
  key_unknown: 'Nhà cung cấp không biết key này: hãy kiểm tra lại xem có gõ nhầm không.',
  key_rejected: 'Nhà cung cấp từ chối key này.',
}

const regions: Record<NonNullable<KeyChanges['region']>, string> = {
  random: 'ngẫu nhiên',
  bac: 'miền Bắc',
  trung: 'miền Trung',
  nam: 'miền Nam',
}

/** What a setting is called; one that is no longer known goes by its own name. */
const settings: Partial<Record<string, string>> = {
  auto_rotate_on_expiration: 'tự động đổi IP khi hết hạn',
  auto_rotate_interval_enabled: 'tự động đổi IP theo chu kỳ',
  auto_rotate_interval_minutes: 'chu kỳ (phút)',
  auto_rotate_spacing_seconds: 'cách nhau ít nhất (giây)',
  rotate_on_failure: 'đổi IP khi proxy bị lỗi',
  drain_seconds: 'thời gian chuyển (giây)',
  idle_drain_ms: 'thời gian im lặng (mili giây)',
  hold_seconds: 'thời gian giữ (giây)',
  tunnel_idle_minutes: 'thời gian rảnh (phút)',
  health_check_seconds: 'kiểm tra mỗi (giây)',
}

type Value = string | number | boolean | null | undefined

function describeValues(values: Readonly<Record<string, Value>>): string {
  const parts = Object.entries(values).map(([name, value]) => `${settings[name] ?? name} là ${describeValue(value)}`)
  return parts.join(', ')
}

function describeValue(value: Value): string {
  if (value === null || value === undefined) return 'mặc định'
  if (typeof value === 'boolean') return value ? 'bật' : 'tắt'
  return value === 'never' ? 'để tự hết' : String(value)
}

function describeTrouble({ trouble, detail }: Pick<FactsOf['key_pending'], 'trouble' | 'detail'>): string {
  if (trouble === 'out_of_stock') return 'Nhà cung cấp hiện hết IP cho key này.'
  return `Nhà cung cấp chưa cấp được IP${inBrackets(detail)}.`
}

function describeChanges(changes: KeyChanges): string[] {
  const { key_name, region, is_active, allowed_ips, local_address, always_ask, upstream_protocol, overrides } = changes
  const told: string[] = []
  if (key_name !== undefined) told.push(`đổi tên thành ${key_name}`)
  if (region !== undefined) told.push(`khu vực ${regions[region]}`)
  if (is_active !== undefined) told.push(is_active ? 'hoạt động lại' : 'tạm dừng')
  if (allowed_ips !== undefined) told.push(`địa chỉ được phép: ${allowed_ips.join(', ') || 'không có'}`)
  if (local_address !== undefined) told.push(`địa chỉ riêng trên máy này: ${local_address ?? 'không có'}`)
  if (always_ask !== undefined) told.push(always_ask ? 'luôn hỏi mã truy cập' : 'chỉ hỏi mã truy cập với địa chỉ lạ')
  if (upstream_protocol !== undefined) told.push(`kết nối tới proxy bằng ${upstream_protocol}`)
  if (overrides !== undefined) told.push(`cài đặt riêng: ${describeValues(overrides) || 'không có'}`)
  if (changes.has_other_key) told.push('key nhà cung cấp khác')
  return told
}

function describeDrain(endpoint: string, what: 'đường hầm' | 'yêu cầu', counts: FactsOf['drained']['tunnels']): string {
  const { open, idle, finished, cut } = counts
  if (open === 0) return ''
  const closed = what === 'đường hầm' ? `${idle} đóng lúc im lặng, ` : ''
  return `${open} ${what} đang mở của ${endpoint} rời IP cũ: ${closed}${finished} tự xong, ${cut} bị cắt.`
}

/** What others say is in English, and no sentence of ours. */
function inBrackets(detail: string): string {
  return ` (${detail.replace(/\.$/, '')})`
}

/** `42 giây`, `12 phút 40 giây`, `3 giờ 5 phút`. */
function describeSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds} giây`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} phút` : `${minutes} phút ${seconds % 60} giây`
  const hours = Math.floor(minutes / 60)
  return minutes % 60 === 0 ? `${hours} giờ` : `${hours} giờ ${minutes % 60} phút`
}

function nameOf({ name }: Actor): string {
  return name ?? 'Ai đó'
}

function placeOf({ address }: Actor): string {
  return address ?? 'một địa chỉ không rõ'
}
