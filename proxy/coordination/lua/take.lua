-- Takes a call from every limit or from none; who must wait, and can, gets a ticket.
-- ARGV after the call: 1 for bulk, patience, lease, life of a ticket.

local BULK = 4000000000000000 -- above every time of this century: all of bulk is behind all of interactive

local bulk = ARGV[3] == '1'
local patience = tonumber(ARGV[4])
local lease = tonumber(ARGV[5])
local ticket_life = tonumber(ARGV[6])

local function ahead(one)
  if not one.waited_for then
    return 0
  end
  for _, void in ipairs(redis.call('ZRANGEBYSCORE', one.alive, '-inf', text(now))) do
    redis.call('ZREM', one.tickets, void)
    redis.call('ZREM', one.alive, void)
  end
  one.place = redis.call('ZRANK', one.tickets, call)
  if one.place then
    return one.place
  end
  return redis.call('ZCOUNT', one.tickets, '-inf', bulk and '+inf' or '(' .. text(BULK))
end

-- Behind the last of its lane, also where the clock stood still or stepped back.
local function order(one)
  local highest = bulk and '+inf' or '(' .. text(BULK)
  local last = redis.call('ZREVRANGEBYSCORE', one.tickets, highest, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return math.max(now + (bulk and BULK or 0), tonumber(last[2] or 0) + 1)
end

local function stay(one)
  if not one.place then
    redis.call('ZADD', one.tickets, text(order(one)), call)
  end
  redis.call('ZADD', one.alive, text(now + ticket_life), call)
  for _, key in ipairs({ one.tickets, one.alive }) do
    redis.call('PEXPIRE', key, text(math.ceil(ticket_life / 1000) + 1000))
  end
end

local all = budgets(6)
local longest = 0
for _, one in ipairs(all) do
  one.wait = wait(one, ahead(one))
  longest = math.max(longest, one.wait)
end

if redis.call('ZSCORE', all[1].calls, call) then
  longest = 0 -- taken already: the answer to the first asking was lost
elseif longest == 0 then
  for _, one in ipairs(all) do
    leave_queue(one)
    count_for(one, lease + one.per)
  end
else
  for _, one in ipairs(all) do
    if longest > patience then
      leave_queue(one)
    elseif one.wait > 0 or one.place then
      stay(one)
    end
  end
end
return standing(all, longest)
