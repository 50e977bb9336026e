-- Prosody as a benchmark peer. prosody.ts puts its run-time values in the environment.
-- All limits are off (mod_limits is not loaded); the module set is that of ejabberd.yml.
local dir = os.getenv("BENCH_DIR")
local archive = os.getenv("BENCH_ARCHIVE") or "none"

run_as_root = true
pidfile = dir .. "/prosody.pid"
data_path = dir .. "/data"
certificates = dir
log = { warn = dir .. "/prosody.log" }

interfaces = { "127.0.0.1" }
c2s_ports = { tonumber(os.getenv("BENCH_PORT")) }
c2s_direct_tls_ports = { tonumber(os.getenv("BENCH_TLS_PORT")) }
s2s_ports = {}
modules_disabled = { "s2s" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
allow_registration = true
registration_throttle_max = 0

-- (Options cannot be read back here, hence the local table.)
local modules = {
	"roster"; "saslauth"; "tls"; "disco"; "presence"; "message"; "iq"; "ping";
	"carbons"; "smacks"; "offline"; "blocklist"; "private"; "vcard"; "register_ibr";
	"version"; "time";
}
if archive ~= "none" then table.insert(modules, "mam") end
modules_enabled = modules

storage = archive == "sqlite" and { archive = "sql" } or "internal"
sql = { driver = "SQLite3", database = dir .. "/archive.sqlite" }
default_archive_policy = true
archive_expires_after = "never"

-- The garbage collector: Prosody's default, "generational", or incremental with a threshold (in %).
local collector = os.getenv("BENCH_LUA_GC") or "default"
if collector == "generational" then
	gc = { mode = "generational" }
elseif collector ~= "default" then
	gc = { mode = "incremental", threshold = tonumber(collector) }
end

ssl = { key = dir .. "/key.pem"; certificate = dir .. "/cert.pem" }

VirtualHost "bench.test"

Component "conference.bench.test" "muc"
	restrict_room_creation = false
