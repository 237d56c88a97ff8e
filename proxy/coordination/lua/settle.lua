-- A call reached the provider, or may have; what its headers say corrects one of the limits.
-- ARGV after the call: which limit is corrected (0 for none), then limit, calls left, time until the reset, each or ''.

local FACTS_LIFE = 3600000 -- milliseconds

local function learn(one, limit, remaining, reset)
  if limit and limit > 0 then
    one.limit = limit
    redis.call('HSET', one.facts, 'limit', text(limit))
  end
  if remaining then
    one.elsewhere = math.max(0, one.limit - remaining - redis.call('ZCARD', one.calls))
    one.elsewhere_until = now + math.min(reset or one.per, one.per)
    if one.elsewhere_until <= now then
      one.elsewhere = 0
    end
    redis.call('HSET', one.facts, 'elsewhere', text(one.elsewhere), 'elsewhere_until', text(one.elsewhere_until))
  end
  if limit or remaining then
    local left = redis.call('PTTL', one.facts)
    redis.call('PEXPIRE', one.facts, text(math.max(FACTS_LIFE, left)))
  end
end

local all = budgets(6)
for at, one in ipairs(all) do
  leave_queue(one)
  count_until(one, now + one.per)
  if at == tonumber(ARGV[3]) then
    learn(one, tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))
  end
end
return standing(all, 0)
