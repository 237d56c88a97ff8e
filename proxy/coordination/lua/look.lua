-- The budgets as they stand, and the longest pause. The call is of no meaning here.

local all = budgets(2)
local longest = 0
for _, one in ipairs(all) do
  longest = math.max(longest, one.paused_until - now)
end
return standing(all, longest)
