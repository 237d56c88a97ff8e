-- What every script knows of a budget. Times are microseconds of this server's clock: those of workers differ.
--
-- KEYS, four for each limit: calls (sorted set: call, when it stops counting), tickets (sorted set: call, its order),
-- alive (sorted set: call, when its ticket is void), facts (hash: limit, elsewhere, elsewhere_until, paused_until).
-- ARGV: the number of the question, with which every answer begins, the call, then arguments of the script, then two for
-- each limit: calls and window as the provider file has them.
-- The arithmetic is that of proxy/coordination/window.py, where it is explained.

local SPARE = 60000 -- milliseconds

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local number = tonumber(ARGV[1])
local call = ARGV[2]

local function text(number)
  return string.format('%.0f', number)
end

local function budgets(arguments)
  local all = {}
  for at = 1, #KEYS / 4 do
    local one = {
      calls = KEYS[at * 4 - 3],
      tickets = KEYS[at * 4 - 2],
      alive = KEYS[at * 4 - 1],
      facts = KEYS[at * 4],
      per = tonumber(ARGV[arguments + at * 2]),
    }
    redis.call('ZREMRANGEBYSCORE', one.calls, '-inf', text(now))
    one.counted = redis.call('ZCARD', one.calls)
    one.waited_for = redis.call('EXISTS', one.tickets) == 1
    local facts = redis.call('HMGET', one.facts, 'limit', 'elsewhere', 'elsewhere_until', 'paused_until')
    one.learnt = facts[1]
    one.limit = tonumber(facts[1] or ARGV[arguments + at * 2 - 1])
    one.elsewhere = tonumber(facts[2] or 0)
    one.elsewhere_until = tonumber(facts[3] or 0)
    one.paused_until = tonumber(facts[4] or 0)
    if one.elsewhere_until <= now then
      one.elsewhere = 0
    end
    all[at] = one
  end
  return all
end

local function used(one)
  return one.counted + one.elsewhere
end

-- When so many of the used calls will have left; those under way leave in a window's time at the soonest.
local function frees(one, count)
  local place = count
  if one.elsewhere > 0 then
    local before = redis.call('ZCOUNT', one.calls, '-inf', '(' .. text(one.elsewhere_until))
    if count > before and count <= before + one.elsewhere then
      return one.elsewhere_until
    elseif count > before then
      place = count - one.elsewhere
    end
  end
  local found = redis.call('ZRANGE', one.calls, place - 1, place - 1, 'WITHSCORES')
  return math.min(tonumber(found[2]), now + one.per)
end

local function wait(one, ahead)
  local place = ahead % one.limit
  local excess = used(one) + place + 1 - one.limit
  local free_at = now
  if excess > 0 then
    free_at = frees(one, excess)
  end
  return math.max(0, math.max(free_at, one.paused_until) + math.floor(ahead / one.limit) * one.per - now)
end

-- Keeps a key at least so long; a little longer, not to be told so at every call.
local function live(key, micro)
  local needed = math.ceil(micro / 1000) + 1000
  if redis.call('PTTL', key) < needed then
    redis.call('PEXPIRE', key, text(needed + SPARE))
  end
end

local function count_for(one, micro)
  one.counted = one.counted + redis.call('ZADD', one.calls, text(now + micro), call)
  live(one.calls, micro)
end

local function leave_queue(one)
  if one.waited_for then
    redis.call('ZREM', one.tickets, call)
    redis.call('ZREM', one.alive, call)
  end
end

-- The number, the wait, then limit, calls left and the time until the next one comes free of each limit.
local function standing(all, waited)
  local told = { number, waited }
  for _, one in ipairs(all) do
    local count = used(one)
    table.insert(told, one.limit)
    table.insert(told, math.max(0, one.limit - count))
    table.insert(told, count > 0 and math.max(0, frees(one, 1) - now) or 0)
  end
  return told
end
