-- A call reached the provider, or may have; what its headers say corrects one of the limits.
-- ARGV after the call: which limit is corrected (0 for none), then limit, calls left, time until the reset, each or ''.

local FACTS_LIFE = 3600000000

local function learn(one, limit, remaining, reset)
  if limit and limit > 0 and not (one.learnt and limit == one.limit) then
    one.limit = limit
    redis.call('HSET', one.facts, 'limit', text(limit))
  end
  if remaining then
    local before = one.elsewhere
    one.elsewhere = math.max(0, one.limit - remaining - one.counted)
    one.elsewhere_until = now + math.min(reset or one.per, one.per)
    if one.elsewhere_until <= now then
      one.elsewhere = 0
    end
    if one.elsewhere > 0 or before > 0 then
      redis.call('HSET', one.facts, 'elsewhere', text(one.elsewhere), 'elsewhere_until', text(one.elsewhere_until))
    end
  end
  if limit or remaining then
    live(one.facts, FACTS_LIFE)
  end
end

local all = budgets(6)
for at, one in ipairs(all) do
  leave_queue(one)
  count_for(one, one.per)
  if at == tonumber(ARGV[3]) then
    learn(one, tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))
  end
end
return standing(all, 0)
