-- SPDX-License-Identifier: MIT
-- Puts a task into a queue of Asynq, wholly or not at all. What it writes is what asynq.Client writes.
-- KEYS 1 asynq:{QUEUE}:t:ID, 2 where the id goes: asynq:{QUEUE}:pending, :scheduled or :g:GROUP,
--      then asynq:{QUEUE}:groups for a group; the last one is the unique key, if TTL is not 0.
-- ARGV 1 ID, 2 message, 3 state: pending, scheduled or aggregating, 4 time: nanoseconds of now if pending,
--      else the score, 5 TTL in seconds or 0, 6 GROUP for a group.
-- Returns 1: queued, 0: the id exists, -1: another task holds the unique key.
local task, place, groups = KEYS[1], KEYS[2], KEYS[3]
local id, message, state, time, ttl, group = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local lock = ttl ~= "0" and KEYS[#KEYS]

if redis.call("EXISTS", task) == 1 then
  return 0
end
if lock and redis.call("EXISTS", lock) == 1 then
  return -1
end

-- A script is not rolled back. So whatever could stop a later write is looked at before the first one.
local function fault(kind, command, key, ...)
  local held = redis.call("TYPE", key).ok
  if held ~= "none" and held ~= kind then
    return redis.error_reply("WRONGTYPE " .. key .. " is a " .. held .. ", not a " .. kind)
  end
  if redis.acl_check_cmd and not redis.acl_check_cmd(command, key, ...) then -- Redis 7, Valkey
    return redis.error_reply("NOPERM the user may not " .. command .. " " .. key)
  end
end

local kind, push = "zset", {"ZADD", place, time, id}
local fields = {"msg", message, "state", state}
local wrong = fault("hash", "HSET", task, "state", state)
if state == "pending" then
  kind, push = "list", {"LPUSH", place, id}
  fields[5], fields[6] = "pending_since", time
elseif state == "aggregating" then
  fields[5], fields[6] = "group", group
  wrong = wrong or fault("set", "SADD", groups, group)
end
wrong = wrong or fault(kind, unpack(push))
if wrong then
  return wrong
end

if lock then
  redis.call("SET", lock, id, "EX", ttl)
  if state ~= "aggregating" then -- as Asynq
    fields[#fields + 1] = "unique_key"
    fields[#fields + 1] = lock
  end
end
redis.call("HSET", task, unpack(fields))
redis.call(unpack(push))
if state == "aggregating" then
  redis.call("SADD", groups, group)
end
return 1
